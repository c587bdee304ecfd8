"""The page of `rootlet report` in Chromium, as somebody uses it: browser_test.py COMMAND"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from page_checks import CUT, FAINT, many_files
from webdriver import Browser

DATA = '<script type="application/json" id="data">'
VIEWS = ['map', 'files', 'graph', 'findings']


def script_text(value):
    text = json.dumps(value, separators=(',', ':'))
    return text.replace('<', '\\u003c').replace('>', '\\u003e').replace('&', '\\u0026')


def data_of(page):
    start = page.index(DATA) + len(DATA)
    return json.loads(page[start : page.index('</script>', start)])


def with_data(page, value):
    start = page.index(DATA) + len(DATA)
    return page[:start] + script_text(value) + page[page.index('</script>', start) :]


class Report(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.curl = cls.report('curl.html', '/usr/bin/curl')
        cls.answer = data_of(cls.curl.read_text())
        cls.browser = Browser(cls.directory)
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def report(cls, name, *words):
        path = cls.directory / name
        done = subprocess.run([COMMAND, 'report', '-o', path, *words], capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return path

    def setUp(self):
        self.browser.size(1440, 900)
        self.browser.cdp('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'light'}])

    def tearDown(self):
        # What has gone wrong, or out, on any page of the test.
        problems = [entry['message'] for entry in self.browser.log() if entry['level'] in ('SEVERE', 'WARNING')]
        self.assertEqual(problems, [])
        for entry in self.browser.log('performance'):
            message = json.loads(entry['message'])['message']
            if message['method'] == 'Network.requestWillBeSent':
                url = message['params']['request']['url']
                self.assertTrue(url.startswith(('file:', 'about:', 'chrome:', 'data:')), url)

    def open(self, address='', page=None):
        self.browser.open(page or self.curl, address)

    def address(self):
        return self.browser.run('return location.hash')

    def focused(self):
        return self.browser.run('const e = document.activeElement; return e.id || e.className || e.tagName')

    def file(self, part):
        return next(file for file in self.answer['files'] if part in file['path'])

    def rows(self):
        return self.browser.run("return [...document.querySelectorAll('#rows .row .cell-path')].map((e) => e.title)")

    def test_the_head_sums_up_the_answer(self):
        self.open()
        files = [file for file in self.answer['files'] if file['type'] == 'file']
        stats = dict(
            reversed(text.split('\n'))
            for text in self.browser.run(
                "return [...document.querySelectorAll('#stats button')].map((e) => e.innerText)"
            )
        )
        self.assertEqual(self.browser.text('h1'), '/usr/bin/curl')
        self.assertEqual(stats['Files'], f'{len(files):,}')
        self.assertEqual(stats['Links'], f"{sum(file['type'] == 'symlink' for file in self.answer['files']):,}")
        self.assertEqual(
            stats['Packages'],
            str(len({file['package'].split()[0] for file in self.answer['files'] if 'package' in file})),
        )
        self.assertEqual(stats['Missing'], str(len(self.answer['missing'])))
        self.assertEqual(
            stats['Unproved'], str(sum(finding['kind'] == 'unproved' for finding in self.answer['findings']))
        )

    def test_a_search_finds_paths_packages_and_reasons_as_it_is_typed(self):
        self.open()
        self.browser.key('/')
        self.browser.type('libssl')
        wanted = [
            file['path']
            for file in self.answer['files']
            if 'libssl' in file['path']
            or 'libssl' in file.get('package', '')
            or any('libssl' in reason['detail'] for reason in file['reasons'])
        ]
        self.assertEqual(self.browser.text('#matches'), f"{len(wanted)} of {len(self.answer['files'])}")
        self.browser.key('enter')
        self.assertEqual(self.rows(), wanted)
        self.assertEqual(self.browser.text('mark'), 'libssl')
        self.assertIn('q=libssl', self.address())
        self.open('#/files?q=reason:interpreter')
        self.assertEqual(
            len(self.rows()),
            sum(any(reason['kind'] == 'interpreter' for reason in file['reasons']) for file in self.answer['files']),
        )
        self.open('#/files?q=no-such-thing-anywhere')
        self.assertEqual(self.rows(), [])
        self.assertTrue(self.browser.text('#no-rows'))

    def test_columns_sort_the_list(self):
        self.open('#/files')
        self.browser.click('#sort-size')
        largest = max((file for file in self.answer['files']), key=lambda file: file.get('size', 0))
        self.assertEqual(self.rows()[0], largest['path'])
        self.assertEqual(
            self.browser.run("return document.getElementById('head-size').getAttribute('aria-sort')"), 'descending'
        )
        self.browser.click('#sort-path')
        self.assertEqual(self.rows()[0], self.answer['files'][0]['path'])
        self.browser.click('#sort-path')
        self.assertEqual(self.rows()[0], self.answer['files'][-1]['path'])

    def test_a_click_shows_the_chains_of_reasons_that_why_gives(self):
        self.open('#/files?q=libcrypto.so.3')
        crypto = self.file('/libcrypto.so.3')
        self.browser.click('#rows .row', crypto['path'].rsplit('/', 1)[1])
        self.assertEqual(self.address(), '#/file' + crypto['path'] + '?q=libcrypto.so.3')
        self.assertIn('Why is this here?', self.browser.text('#panel'))
        step = max(1, len(self.answer['files']) // 6)
        for file in [crypto, *self.answer['files'][::step]]:
            done = subprocess.run(
                [COMMAND, 'why', '--format', 'json', file['path'], '/usr/bin/curl'], capture_output=True, text=True
            )
            shortest = json.loads(done.stdout)['chains'][0]
            self.open('#/file' + file['path'])
            chain = self.browser.run(
                "return [...document.querySelector('.chain').children].map((e) => e.querySelector('.path, .file-link').textContent)"
            )
            self.assertEqual(len(chain), len(shortest), file['path'])
            self.assertEqual([chain[0], chain[-1]], [shortest[0]['path'], file['path']])

    def test_the_map_goes_into_a_group_and_back(self):
        self.open('#/map')
        shown = self.browser.run('return map.tiles.length')
        self.assertEqual(shown, sum(file.get('size', 0) > 0 for file in self.answer['files']))
        name, x, y = self.browser.run(
            "const b = document.getElementById('map').getBoundingClientRect(), g = map.heads[1]; return [g.group.key, b.left + g.x + 20, b.top + g.y + 10]"
        )
        self.browser.click_at(x, y)
        self.assertEqual(self.browser.text('.trail b'), name or 'no package')
        self.assertLess(self.browser.run('return map.tiles.length'), shown)
        self.assertIn('zoom=' + name, self.address())
        self.browser.key('escape')
        self.assertEqual(self.browser.text('.trail b'), 'All packages')
        # Tiles fill the map, without gaps or overlaps.
        covered, whole = self.browser.run(
            "const m = document.getElementById('map'); return [map.heads.reduce((s, g) => s + g.w * g.h, 0), m.clientWidth * m.clientHeight]"
        )
        self.assertAlmostEqual(covered / whole, 1, 3)
        path, x, y = self.browser.run(
            "const b = document.getElementById('map').getBoundingClientRect(), t = map.tiles[0]; return [t.file.text, b.left + t.x + t.w / 2, b.top + t.y + t.h / 2]"
        )
        self.browser.click_at(x, y)
        self.assertEqual(self.address(), f'#/file{path}?in=map')
        for group in ('Reason', 'Directory'):
            self.browser.click('#map-tools .choice button', group)
            self.assertEqual(self.browser.run('return map.tiles.length'), shown)
            self.browser.click('#map-tools .choice button', 'Package')

    def test_the_graph_goes_on_from_file_to_file(self):
        self.open('#/graph')
        self.assertEqual(
            self.browser.run("return document.querySelectorAll('.node').length"),
            self.browser.run('return report.packages.size'),
        )
        ssl = self.file('/libssl.so.3')['path']
        self.open(f'#/file{ssl}?in=graph')
        needed = {file['path'] for file in self.answer['files'] for reason in file['reasons'] if reason['by'] == ssl}
        shown = self.browser.run(
            "return [...document.querySelectorAll('.column.right .node-name')].map((e) => e.title)"
        )
        self.assertEqual(set(shown), needed)
        self.browser.click('.column.right .expand')
        self.assertEqual(self.browser.run("return document.querySelectorAll('.column.right').length"), 2)
        self.browser.click('.column.left .node-name', 'libcurl')
        self.assertIn('libcurl', self.browser.text('.middle .card'))
        self.browser.run('history.back()')
        self.assertIn('libssl', self.browser.text('.middle .card'))

    def test_everything_is_reached_with_the_keyboard_alone(self):
        self.open()
        self.browser.key('tab')
        self.assertEqual(self.focused(), 'skip')
        self.browser.key('enter')
        self.assertEqual(self.focused(), 'map')
        self.browser.key('right', 'down', 'enter')
        self.assertEqual(self.focused(), 'panel-title')
        self.assertIn('in=map', self.address())
        self.browser.key('escape')
        self.assertEqual(self.focused(), 'map')
        self.browser.key('2', 'down', 'down', 'enter')
        self.assertEqual(self.browser.text('#panel-title'), self.answer['files'][2]['path'])
        self.browser.key('tab', 'tab')
        self.assertNotEqual(self.browser.run('return getComputedStyle(document.activeElement).outlineStyle'), 'none')
        self.browser.key('escape', 'end')
        self.assertEqual(self.focused(), 'table')
        self.assertIn(self.answer['files'][-1]['path'], self.rows())
        self.browser.key('3', 'right')
        self.assertEqual(self.focused(), 'node')
        self.browser.key('enter')
        self.assertIn('#/package/', self.address())
        self.browser.key('4')
        self.assertEqual(self.focused(), 'view-findings')
        self.browser.key('?')
        self.assertTrue(self.browser.run("return document.getElementById('help').open"))
        self.browser.key('escape')
        self.assertFalse(self.browser.run("return document.getElementById('help').open"))
        self.browser.key('t')
        self.assertEqual(self.browser.run('return document.documentElement.dataset.theme'), 'dark')
        self.browser.key('t')
        # Round once: each stop is in sight and has an outline, and the last leads back to the first.
        self.open('#/map')
        stops = []
        for _ in range(120):
            self.browser.key('tab')
            stop = self.focused()
            if stop == 'BODY' or (stop == 'skip' and stops):
                break
            stops.append(stop)
        for wanted in ('search', 'theme', 'help-open', 'tab-map', 'map', 'rank'):
            self.assertIn(wanted, stops)

    def test_findings_begin_with_what_is_missing_and_unproved(self):
        answer = copy.deepcopy(self.answer)
        answer['missing'] = [
            {
                'name': 'libgone.so.1',
                'by': '/usr/bin/curl',
                'kind': 'needed',
                'tried': [{'path': '/lib/libgone.so.1', 'how': 'default', 'why': 'no such file'}],
            }
        ]
        answer['findings'] = [
            {'kind': 'not-there', 'by': '/usr/bin/curl', 'detail': 'rule x found nothing at /a, /b'},
            {'kind': 'unproved', 'by': '/usr/bin/curl', 'detail': 'opens something'},
        ]
        page = self.directory / 'missing.html'
        page.write_text(with_data(self.curl.read_text(), answer))
        self.open('#/findings', page)
        heads = self.browser.run("return [...document.querySelectorAll('#view-findings h2')].map((e) => e.textContent)")
        self.assertEqual(heads, ['Missing 1', 'Unproved 1', 'Not there 1'])
        self.assertIn('/lib/libgone.so.1', self.browser.text('#view-findings'))
        self.assertEqual(self.browser.run("return document.querySelectorAll('#view-findings .tried li').length"), 3)
        self.browser.click('#view-findings .file-link', 'curl')
        self.assertIn('Unproved opens something', self.browser.text('#panel'))

    def test_two_builds_are_compared(self):
        old = copy.deepcopy(self.answer)
        added, changed = self.file('/libssl.so.3'), next(file for file in old['files'] if 'libz.so.1.' in file['path'])
        old['files'] = [file for file in old['files'] if file['path'] != added['path']]
        changed['size'] += 1000
        old['files'].append(
            {
                'path': '/usr/lib/libold.so',
                'type': 'file',
                'size': 5000,
                'mode': '0644',
                'package': 'old 1',
                'reasons': [{'kind': 'plugin', 'by': '/usr/bin/curl', 'detail': 'libold'}],
            }
        )
        earlier = self.directory / 'old.json'
        earlier.write_text(json.dumps(old))
        page = self.report('compared.html', '--compare', str(earlier), '/usr/bin/curl')
        self.open('', page)
        self.assertEqual(
            self.browser.run('return document.querySelector("[role=tab][aria-selected=true]").textContent'), 'Compare'
        )
        totals = self.browser.run("return [...document.querySelectorAll('.totals b')].map((e) => e.textContent)")
        self.assertEqual(totals, ['1 file', '1 file', '1 file'])
        self.assertIn(added['path'], self.browser.text('#view-compare'))
        self.browser.click('#view-compare .file-link', 'libold.so')
        self.assertIn('It was there because', self.browser.text('#panel'))
        self.open('#/map?colour=change', page)
        self.assertEqual(
            self.browser.run(
                "return map.tiles.filter((t) => t.file.change !== 'same').map((t) => t.file.change).sort().join()"
            ),
            'added,changed,removed',
        )
        self.check_looks(page, '#/compare')

    def test_names_are_shown_as_they_are_and_run_nothing(self):
        names = [
            '<img src=x onerror=hacked=1>',
            '</script><script>alert(1)',
            '<!--<script>',
            '&lt;b&gt;',
            'two words',
            '%2e%2e%3f#?q',
            "'\"`${alert(1)}",
            'javascript:alert(1)',
            '__proto__',
            'constructor',
        ]
        tree = self.directory / 'tree'
        for name in names:
            path = tree / 'data' / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('x')
        hidden = {
            'right\u202eleft': 'right\\u202eleft',
            'line\u2028break': 'line\\u2028break',
            'new\nline': 'new\\u000aline',
            'esc\x1b[31m': 'esc\\u001b[31m',
        }
        for name in hidden:
            (tree / 'data' / name).write_text('x')
        pathlib.Path(os.fsdecode(bytes(tree / 'data') + b'/not\xffutf8')).write_text('x')
        page = self.report('hostile.html', '--root', str(tree), '/data')
        self.open('#/files', page)
        shown = self.rows()
        for text in names + list(hidden.values()) + ['not\\xffutf8']:
            self.assertIn('/data/' + text, shown)
        for name in names:
            self.browser.click('#rows .row', name.rsplit('/', 1)[1] if '/' in name else name)
            self.assertEqual(self.browser.text('#panel-title').replace('\n', ''), '/data/' + name)
            address = self.address()
            self.open(address, page)
            self.assertEqual(self.browser.text('#panel-title').replace('\n', ''), '/data/' + name)
        self.browser.click('#rows .row', 'not\\xffutf8')
        self.assertIn('#/hex/', self.address())
        for view in VIEWS:
            self.open('#/' + view, page)
            self.assertIsNone(self.browser.alert())
        self.assertEqual(
            self.browser.run("return [typeof hacked, document.images.length, document.scripts.length]"),
            ['undefined', 0, 3],
        )
        self.open('#/file/no/such<b>?in=map', page)
        self.assertIn('/no/such<b>', self.browser.text('#panel'))
        # Whatever puts markup in is stopped by the page's own policy.
        self.assertEqual(
            self.browser.run("try { document.body.innerHTML = '<b>'; return 'done'; } catch (e) { return e.name; }"),
            'TypeError',
        )
        self.browser.log()

    def check_looks(self, page, address):
        for theme in ('light', 'dark'):
            self.browser.cdp('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': theme}])
            self.open(address, page)
            self.assertEqual(self.browser.run('return document.documentElement.dataset.theme'), theme)
            self.assertEqual(self.browser.run(FAINT), [], f'{address} {theme}')
        for width in (1440, 900, 480):
            self.browser.size(width, 900)
            self.assertEqual(self.browser.run(CUT), [], f'{address} {width}')
        self.browser.size(1440, 900)

    def test_text_is_legible_in_light_and_dark_and_fits_narrow_windows(self):
        ssl = self.file('/libcrypto.so.3')['path']
        for address in [
            *('#/' + view for view in VIEWS),
            f'#/file{ssl}',
            f'#/file{ssl}?in=graph',
            '#/package/libc6?in=map',
            '#/files?q=ssl',
        ]:
            self.check_looks(self.curl, address)
        self.open()
        faint = self.browser.run(
            '''const style = getComputedStyle(document.documentElement);
            const light = (hex) => [1, 3, 5].map((i) => parseInt(hex.substr(i, 2), 16) / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
            const found = [];
            for (const theme of ['light', 'dark']) {
              setTheme(theme, false);
              const ink = light(style.getPropertyValue('--ink').trim());
              for (const name of [...Object.keys(COLOURS).map((c) => 'k-' + c), ...Object.keys(CHANGES).map((c) => 'c-' + c)])
                if ((light(style.getPropertyValue('--' + name).trim()) + 0.05) / (ink + 0.05) < 4.5) found.push(theme + ' ' + name);
            }
            return found;'''
        )
        self.assertEqual(faint, [])

    def test_libraries_alone_have_no_packages_and_are_shown_all_the_same(self):
        page = self.report('none.html', '--data', 'none', '/usr/bin/curl')
        self.open('#/graph', page)
        self.assertIn('curl', self.browser.text('.middle .card'))
        for view in VIEWS:
            self.check_looks(page, '#/' + view)

    def test_the_whole_list_is_printed(self):
        self.open('#/files')
        pdf = self.browser.cdp('Page.printToPDF', printBackground=True)['data']
        self.assertGreater(len(pdf), 20000)
        self.browser.run("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(self.rows()), len(self.answer['files']))
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.assertLess(len(self.rows()), 80)

    def test_thousands_of_files_are_no_burden(self):
        template = self.curl.read_text()
        for count in (5000, 20000):
            page = self.directory / f'{count}.html'
            page.write_text(with_data(template, many_files(count)))
            for view in VIEWS[:3]:
                self.open('#/' + view, page)
                shown = self.browser.run("return performance.getEntriesByName('rootlet-shown')[0].startTime")
                print(f'{count} files, {page.stat().st_size / 1e6:.1f} MB, {view}: shown after {shown:.0f} ms')
            self.open('#/files', page)
            self.assertLess(len(self.rows()), 100)
            typed = self.browser.run(
                "const start = performance.now(); go({query: 'p0001 f07'}); return performance.now() - start"
            )
            print(f'{count} files: a search takes {typed:.0f} ms')
            self.assertEqual(self.browser.text('#matches'), f'{10 * (count >= 5000):,} of {count:,}')
            self.open('#/files', page)
            self.browser.run("document.getElementById('table').focus()")
            self.browser.key('end', 'enter')
            self.assertEqual(
                self.browser.text('#panel-title').replace('\n', ''), f'/usr/lib/p{count // 25 - 1:05}/f24.so'
            )
            self.assertTrue(self.browser.text('.chain'))


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    COMMAND = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)
