"""Images in the hands of the programs that they are for: skopeo, umoci, podman, buildah, a registry, runc."""
import json
import os
import shutil
import socket
import subprocess
import time
import unittest

from support import ImageTest, Layout, build, refused, run, tree, uncompressed

HELLO = '#include <stdio.h>\n#include <unistd.h>\nint main(int n, char **v) { printf("hello %s %d\\n", n > 1 ? v[1] : "world", (int)getuid()); return 0; }\n'


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(2400):
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)) == 0:
                return
        if process.poll() is not None:
            raise AssertionError(f'{process.args} ends with status {process.returncode}')
        time.sleep(0.05)
    raise AssertionError(f'nothing listens on port {port}')


class Clients(ImageTest):
    def serve(self, port, *words, **more):
        process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(port, process)

    def registry(self):
        port = free_port()
        config = self.path('registry.yml')
        config.write_text(f'version: 0.1\nstorage: {{filesystem: {{rootdirectory: {self.path("registry")}}}}}\nhttp: {{addr: "127.0.0.1:{port}"}}\n')
        self.serve(port, 'docker-registry', 'serve', config)
        return f'127.0.0.1:{port}'

    def test_every_kind_of_layer_is_taken_by_skopeo_and_umoci_and_holds_what_the_directory_holds(self):
        build('--dir', self.path('dir'), '/usr/bin/xz', '/usr/bin/sort')
        wanted = tree(self.path('dir'))
        layout = self.path('layout')
        kinds = [(compression, layers) for compression in ('none', 'gzip', 'zstd') for layers in ('one', 'split')]
        for compression, layers in kinds:
            tag = f'{compression}-{layers}'
            build('--oci', layout, '--tag', tag, '--compression', compression, '--layers', layers, '/usr/bin/xz', '/usr/bin/sort')
        Layout(layout).check()
        for compression, layers in kinds:
            tag = f'{compression}-{layers}'
            with self.subTest(tag):
                about = json.loads(run('skopeo', 'inspect', f'oci:{layout}:{tag}'))
                self.assertEqual((about['Architecture'], about['Os']), ('amd64', 'linux'))
                self.assertEqual(about['Created'], '1970-01-01T00:00:00Z')
                manifest = Layout(layout).manifest(tag)
                self.assertEqual([layer['digest'] for layer in manifest['layers']], about['Layers'])
                self.assertEqual(len(about['Layers']), 1 if layers == 'one' else 4)
                if compression == 'zstd':
                    continue  # umoci 0.4 has no zstd
                bundle = self.path('bundle-' + tag)
                run('umoci', 'unpack', '--image', f'{layout}:{tag}', bundle)
                self.assertEqual(tree(bundle / 'rootfs'), wanted)

    def test_diff_ids_do_not_depend_on_the_compression(self):
        layout = self.path('layout')
        for compression in ('none', 'gzip', 'zstd'):
            build('--oci', layout, '--tag', compression, '--compression', compression, '/usr/bin/xz')
        images = Layout(layout)
        self.assertEqual(len({images.config(tag)['rootfs']['diff_ids'][0] for tag in ('none', 'gzip', 'zstd')}), 1)
        for tag in ('none', 'gzip', 'zstd'):
            layer = images.manifest(tag)['layers'][0]
            self.assertEqual(layer['mediaType'], 'application/vnd.oci.image.layer.v1.tar' + ('' if tag == 'none' else '+' + tag))
            content = uncompressed(layer['mediaType'], images.blob(layer['digest']))
            self.assertEqual('sha256:' + run('sha256sum', input=content).split()[0].decode(), images.config(tag)['rootfs']['diff_ids'][0])
        build('--tar', self.path('layer.tar'), '/usr/bin/xz')
        self.assertEqual('sha256:' + run('sha256sum', self.path('layer.tar')).split()[0].decode(), images.config('none')['rootfs']['diff_ids'][0])

    def test_a_registry_takes_it_and_gives_it_back_with_the_same_digests(self):
        registry = self.registry()
        layout = self.path('layout')
        build('--oci', layout, '--tag', 'app', '--layers', 'split', '--digest-file', self.path('digest'), '/usr/bin/xz')
        run('skopeo', 'copy', '--dest-tls-verify=false', f'oci:{layout}:app', f'docker://{registry}/app:1')
        wanted = self.path('digest').read_text().strip()
        self.assertEqual(Layout(layout).descriptor('app')['digest'], wanted)
        said = json.loads(run('skopeo', 'inspect', '--tls-verify=false', f'docker://{registry}/app:1'))
        self.assertEqual(said['Digest'], wanted)
        back = self.path('back')
        run('skopeo', 'copy', '--src-tls-verify=false', f'docker://{registry}/app@{wanted}', f'oci:{back}:app')
        self.assertEqual(Layout(back).descriptor('app')['digest'], wanted)
        self.assertEqual(Layout(back).manifest('app'), Layout(layout).manifest('app'))

    def test_an_oci_archive_is_the_layout_in_one_file(self):
        archive = self.path('image.tar')
        build('--oci-archive', archive, '--tag', 'app', '/usr/bin/xz')
        build('--oci', self.path('layout'), '--tag', 'app', '/usr/bin/xz')
        run('skopeo', 'copy', f'oci-archive:{archive}', f'oci:{self.path("copy")}:app')
        self.assertEqual(Layout(self.path('copy')).descriptor('app')['digest'], Layout(self.path('layout')).descriptor('app')['digest'])
        self.path('unpacked').mkdir()
        run('tar', '-xf', archive, '-C', self.path('unpacked'))
        Layout(self.path('unpacked')).check()
        self.assertEqual(build('--oci-archive', '-', '--tag', 'app', '/usr/bin/xz'), archive.read_bytes())

    def storage(self):
        """Of podman and buildah; emptied at the end."""
        words = ['--root', self.path('storage'), '--runroot', self.path('run'), '--storage-driver', 'vfs']
        self.addCleanup(subprocess.run, ['podman', *map(str, words), 'rmi', '-af'], capture_output=True)
        return words

    def test_an_archive_with_a_bill_of_materials_is_one_image_to_every_client(self):
        """Its manifest was a second entry of index.json, and clients refused to choose."""
        archive, storage = self.path('image.tar'), self.storage()
        build('--oci-archive', archive, '--sbom', 'spdx', '--sbom-file', self.path('sbom'), '--digest-file', self.path('digest'), '/usr/bin/xz')
        self.assertEqual(json.loads(run('skopeo', 'inspect', f'oci-archive:{archive}'))['Architecture'], 'amd64')
        run('podman', *storage, 'load', '-i', archive)
        image = run('buildah', *storage, 'pull', f'oci-archive:{archive}').decode().split()[-1]
        self.assertEqual(json.loads(run('podman', *storage, 'image', 'inspect', image))[0]['Config']['Entrypoint'], ['/usr/bin/xz'])
        run('skopeo', 'copy', '--all', f'oci-archive:{archive}', f'oci:{self.path("copy")}:all')
        self.path('unpacked').mkdir()
        run('tar', '-xf', archive, '-C', self.path('unpacked'))
        layout = Layout(self.path('unpacked'))
        layout.check()
        self.assertEqual(len(layout.index['manifests']), 1)
        inner, about = layout.manifest()['manifests']
        self.assertEqual(inner['digest'], self.path('digest').read_text().strip())
        self.assertEqual(inner['platform'], {'architecture': 'amd64', 'os': 'linux'})
        self.assertNotIn('annotations', inner)
        self.assertEqual(about['platform'], {'architecture': 'unknown', 'os': 'unknown'})
        self.assertEqual(about['annotations'], {'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': inner['digest']})
        self.assertEqual(about['artifactType'], 'application/spdx+json')
        attached = layout.document(about['digest'])
        self.assertEqual(attached['subject']['digest'], inner['digest'])
        self.assertEqual(layout.blob(attached['layers'][0]['digest']), self.path('sbom').read_bytes())

    def test_such_an_archive_is_read_as_one_image(self):
        archive = self.path('image.tar')
        build('--oci-archive', archive, '--tag', 'app', '--sbom', 'cyclonedx', '--sbom-file', self.path('sbom'), '/usr/bin/xz')
        build('--oci-archive', self.path('plain.tar'), '--tag', 'app', '/usr/bin/xz')
        for reference in (archive, f'oci:{archive}:app'):
            run(os.environ['ROOTLET_COMMAND'], 'audit', '-q', '--root', reference, '/usr/bin/xz')
            run(os.environ['ROOTLET_COMMAND'], 'diff', reference, self.path('plain.tar'))
        self.path('unpacked').mkdir()
        run('tar', '-xf', archive, '-C', self.path('unpacked'))
        run(os.environ['ROOTLET_COMMAND'], 'index', '--tag', 'all', self.path('unpacked'), 'app')
        self.assertEqual([m['platform']['architecture'] for m in Layout(self.path('unpacked')).manifest('all')['manifests']], ['amd64'])

    def test_podman_and_skopeo_load_a_docker_archive(self):
        archive = self.path('image.tar')
        build('--docker-archive', archive, '--digest-file', self.path('id'), '--layers', 'split', '/usr/bin/xz')
        about = json.loads(run('skopeo', 'inspect', f'docker-archive:{archive}'))
        self.assertEqual(about['Architecture'], 'amd64')
        storage = self.storage()
        run('podman', *storage, 'load', '-i', archive)
        image = json.loads(run('podman', *storage, 'image', 'inspect', 'localhost/xz:latest'))[0]
        self.assertEqual('sha256:' + image['Id'], self.path('id').read_text().strip())
        self.assertEqual(image['Config']['Entrypoint'], ['/usr/bin/xz'])
        mounted = run('buildah', *storage, 'from', '--pull-never', 'localhost/xz:latest').decode().strip()
        where = run('buildah', *storage, 'mount', mounted).decode().strip()
        build('--dir', self.path('dir'), '/usr/bin/xz')
        found = {name: what for name, what in tree(where).items() if name in tree(self.path('dir'))}
        self.assertEqual(found, tree(self.path('dir')))
        run('buildah', *storage, 'rm', mounted)

    def test_the_configuration_says_what_the_options_say(self):
        layout = self.path('layout')
        build('--oci', layout, '--entrypoint', '/usr/bin/xz', '--entrypoint', '-v', '--cmd', '-h', '--env', 'A=1', '--env', 'A=2', '--env', 'PATH=/usr/bin', '--user', '7:8', '--workdir', '/tmp',
              '--label', 'b=2', '--label', 'a=1=1', '--annotation', 'x.y=z', '--expose', '8080', '--expose', '53/udp', '--expose', '06000-6002', '--stop-signal', 'SIGINT', '--library-path', '/opt/lib', '/usr/bin/xz',
              env={**os.environ, 'SOURCE_DATE_EPOCH': '1700000000'})
        config = Layout(layout).config()
        self.assertEqual(config['created'], '2023-11-14T22:13:20Z')
        self.assertEqual(config['config'], {
            'Entrypoint': ['/usr/bin/xz', '-v'], 'Cmd': ['-h'], 'Env': ['PATH=/usr/bin', 'LD_LIBRARY_PATH=/opt/lib', 'A=2'], 'User': '7:8', 'WorkingDir': '/tmp',
            'Labels': {'a': '1=1', 'b': '2'}, 'ExposedPorts': {'8080/tcp': {}, '53/udp': {}, '6000/tcp': {}, '6001/tcp': {}, '6002/tcp': {}}, 'StopSignal': 'SIGINT'})
        self.assertEqual(Layout(layout).manifest()['annotations']['x.y'], 'z')
        self.assertEqual(len(config['history']), 1)
        self.assertIn('/usr/bin/xz', config['history'][0]['created_by'])
        about = json.loads(run('skopeo', 'inspect', '--config', f'oci:{layout}:latest'))
        self.assertEqual(about['config']['User'], '7:8')

    def test_an_index_joins_images_for_several_machines(self):
        layout = self.path('layout')
        for compiler, options, tag in (('gcc', ['-static'], 'amd64'), ('gcc', ['-static', '-m32'], '386')):
            program = self.compiled('hello-' + tag, HELLO, *options, compiler=compiler)
            build('--oci', layout, '--tag', tag, program)
        run(os.environ['ROOTLET_COMMAND'], 'index', '--tag', 'both', layout, 'amd64', '386')
        Layout(layout).check()
        index = Layout(layout).manifest('both')
        self.assertEqual([m['platform'] for m in index['manifests']], [{'architecture': 'amd64', 'os': 'linux'}, {'architecture': '386', 'os': 'linux'}])
        for architecture in ('amd64', '386'):
            about = json.loads(run('skopeo', '--override-arch', architecture, 'inspect', f'oci:{layout}:both'))
            self.assertEqual(about['Architecture'], architecture)
        registry = self.registry()
        run('skopeo', 'copy', '--all', '--dest-tls-verify=false', f'oci:{layout}:both', f'docker://{registry}/both:1')
        raw = run('skopeo', 'inspect', '--raw', '--tls-verify=false', f'docker://{registry}/both:1')
        self.assertEqual('sha256:' + run('sha256sum', input=raw).split()[0].decode(), Layout(layout).descriptor('both')['digest'])


    def test_programs_that_no_one_platform_runs_are_no_image(self):
        """The first entry said what the image was for, whatever the others were."""
        i386 = self.compiled('i386', HELLO, '-static', '-m32')
        amd64 = self.compiled('amd64', HELLO, '-static')
        arm64 = self.path('arm64')
        header = bytearray(amd64.read_bytes())
        header[18:20] = (183).to_bytes(2, 'little')  # e_machine: EM_AARCH64
        arm64.write_bytes(header)
        arm64.chmod(0o755)
        layout = self.path('layout')
        for first, second in ((i386, arm64), (arm64, i386), (amd64, arm64)):
            said = refused('build', '--oci', layout, first, second)
            self.assertIn('rootlet index', said)
            self.assertIn(f'{second} for linux/', said)
        self.assertFalse(layout.exists())
        build('--oci', layout, '--tag', 'said', '--platform', 'linux/amd64', amd64, arm64)
        for tag, entries in (('first', (amd64, i386)), ('second', (i386, amd64))):
            build('--oci', layout, '--tag', tag, *entries)
            self.assertEqual(Layout(layout).config(tag)['architecture'], 'amd64')
        self.assertIn('rootlet index', refused('build', '--oci', layout, '--tag', 'app', '--base', f'{layout}:first', amd64, arm64))


class Running(Clients):
    """What runs an image prints what the host prints."""

    def run_image(self, layout, tag, arguments=None):
        bundle = self.path('bundle-' + tag)
        run('umoci', 'unpack', '--image', f'{layout}:{tag}', bundle)
        config = json.loads((bundle / 'config.json').read_text())
        config['process']['terminal'] = False
        if arguments is not None:
            config['process']['args'] = arguments
        # The host's network: a server of the test is on its loopback.
        config['linux']['namespaces'] = [n for n in config['linux']['namespaces'] if n['type'] != 'network']
        config['mounts'] = [m for m in config['mounts'] if m['destination'] not in ('/sys', '/etc/resolv.conf')]
        (bundle / 'config.json').write_text(json.dumps(config))
        for runtime in ('runc', 'crun'):
            done = subprocess.run([runtime, 'run', '--bundle', bundle, f'rootlet-test-{os.getpid()}-{tag}'], capture_output=True)
            if done.returncode == 0 or shutil.which('crun') is None or runtime == 'crun':
                break
        self.assertEqual((done.returncode, done.stderr), (0, b''))
        return done.stdout

    def same_as_host(self, entry, *arguments, options=()):
        layout = self.path('layout')
        tag = entry.rsplit('/', 1)[1]
        cmd = [word for argument in arguments for word in ('--cmd', argument)]
        build('--oci', layout, '--tag', tag, *cmd, *options, entry)
        self.assertEqual(self.run_image(layout, tag), run(entry, *arguments))

    def test_a_static_program(self):
        self.same_as_host(str(self.compiled('hello', HELLO, '-static')), 'static')

    def test_a_program_of_musl(self):
        self.same_as_host(str(self.compiled('hello', HELLO, compiler='musl-gcc')), 'musl', options=('--layers', 'split'))

    def test_a_script(self):
        script = self.path('script')
        script.write_text('#!/bin/sh\nprintf "b\\na\\n" | sort | sed "s/^/$1: /"\n')
        script.chmod(0o755)
        self.same_as_host(str(script), 'x')

    def test_a_client_of_tls(self):
        key, certificate, port = self.path('key.pem'), self.path('ca.pem'), free_port()
        run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate)
        self.path('page').write_text('over TLS\n')
        self.serve(port, 'openssl', 's_server', '-quiet', '-accept', port, '-cert', certificate, '-key', key, '-WWW', cwd=self.directory)
        self.same_as_host('/usr/bin/curl', '-sS', '--cacert', str(certificate), f'https://127.0.0.1:{port}/page', options=('--include', certificate))

    def test_somebody_who_is_not_root(self):
        layout = self.path('layout')
        build('--oci', layout, '--user', 'nonroot', '/usr/bin/id')
        self.assertEqual(self.run_image(layout, 'latest'), b'uid=65532(nonroot) gid=65532(nonroot) groups=65532(nonroot)\n')


if __name__ == '__main__':
    unittest.main()
