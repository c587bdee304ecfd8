"""Chromium without a window, driven by the WebDriver protocol."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

KEYS = {
    'enter': '\ue007',
    'escape': '\ue00c',
    'tab': '\ue004',
    'shift': '\ue008',
    'space': ' ',
    'left': '\ue012',
    'up': '\ue013',
    'right': '\ue014',
    'down': '\ue015',
    'end': '\ue010',
    'home': '\ue011',
}
ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'


class Browser:
    """One window; `directory` holds its profile. Its processes end with it."""

    def __init__(self, directory, width=1440, height=900):
        chromium, driver = shutil.which('chromium'), shutil.which('chromedriver')
        if not chromium or not driver:
            raise SystemExit('chromium or chromedriver is not here; .ci/setup test installs what the tests need')
        log = pathlib.Path(directory, 'chromedriver.log')
        with open(log, 'w') as out:
            self.process = subprocess.Popen(
                [driver, '--port=0'], stdout=out, stderr=subprocess.STDOUT, env={**os.environ, 'HOME': str(directory)}
            )
        self.session = None
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.url = f'http://127.0.0.1:{self._port(log)}'
        arguments = [
            '--headless=new',
            '--no-sandbox',
            '--disable-gpu',
            '--disable-dev-shm-usage',
            '--no-first-run',
            '--hide-scrollbars',
            '--disable-background-networking',
            '--force-color-profile=srgb',
            f'--user-data-dir={directory}/profile',
            f'--window-size={width},{height}',
        ]
        wanted = {
            'browserName': 'chrome',
            'goog:loggingPrefs': {'browser': 'ALL', 'performance': 'ALL'},
            'unhandledPromptBehavior': 'ignore',
            'goog:chromeOptions': {'binary': chromium, 'args': arguments},
        }
        try:
            self.session = self._call('POST', '/session', {'capabilities': {'alwaysMatch': wanted}})['sessionId']
        except BaseException:
            self.close()
            raise

    def _port(self, log):
        for _ in range(2400):
            found = re.search(r'started successfully on port (\d+)', log.read_text())
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.process.kill()
        raise SystemExit('chromedriver does not start: ' + log.read_text())

    def _call(self, method, path, body=None):
        prefix = f'/session/{self.session}' if self.session else ''
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + prefix + path, data, {'Content-Type': 'application/json'}, method=method
        )
        try:
            with self.opener.open(request, timeout=300) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)['value']['message']) from None

    def close(self):
        try:
            if self.session:
                self._call('DELETE', '')
        finally:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def open(self, path, address=''):
        self._call('POST', '/url', {'url': 'about:blank'})
        self._call('POST', '/url', {'url': pathlib.Path(path).as_uri() + address})

    def run(self, script, *arguments):
        return self._call('POST', '/execute/sync', {'script': script, 'args': list(arguments)})

    def cdp(self, command, **parameters):
        return self._call('POST', '/goog/cdp/execute', {'cmd': command, 'params': parameters})

    def size(self, width, height):
        self.cdp('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)

    def key(self, *keys):
        """Presses each in turn, wherever the focus is."""
        actions = [{'type': kind, 'value': KEYS.get(key, key)} for key in keys for kind in ('keyDown', 'keyUp')]
        self._call('POST', '/actions', {'actions': [{'type': 'key', 'id': 'keyboard', 'actions': actions}]})

    def type(self, text):
        self.key(*text)

    def click(self, selector, text=None):
        """Clicks the first element of the selector whose text contains `text`, as a mouse would."""
        for tries in range(20):
            found = self.run(
                '''const [selector, text] = arguments;
                return [...document.querySelectorAll(selector)].find((e) => text === null || e.textContent.includes(text)) || null''',
                selector,
                text,
            )
            assert found, f'no {selector} with {text}'
            try:
                return self._call('POST', f'/element/{found[ELEMENT]}/click', {})
            except AssertionError as error:  # the page has drawn its rows anew meanwhile
                if 'stale element' not in str(error) or tries == 19:
                    raise

    def click_at(self, x, y):
        actions = [
            {'type': 'pointerMove', 'x': int(x), 'y': int(y)},
            {'type': 'pointerDown', 'button': 0},
            {'type': 'pointerUp', 'button': 0},
        ]
        self._call('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'actions': actions}]})

    def text(self, selector):
        return self.run('const e = document.querySelector(arguments[0]); return e && e.innerText', selector)

    def alert(self):
        try:
            return self._call('GET', '/alert/text')
        except AssertionError:
            return None

    def log(self, kind='browser'):
        return self._call('POST', '/se/log', {'type': kind})

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self._call('GET', '/screenshot')))
