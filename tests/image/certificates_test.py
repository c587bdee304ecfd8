"""SSL_CERT_FILE is set only where OpenSSL would look for its certificates in vain."""
import unittest

from support import ImageTest, Layout, build, run

LIBRARY = 'const char dir[] = "OPENSSLDIR: \\"%s\\""; int SSL_CTX_set_default_verify_paths(void) { return dir[0]; }\n'
PROGRAM = 'int SSL_CTX_set_default_verify_paths(void); int main(void) { return SSL_CTX_set_default_verify_paths(); }\n'


class Certificates(ImageTest):
    def environment(self, openssl_directory):
        """Of an image of a program that uses an OpenSSL with that OPENSSLDIR, in a root with a bundle in /etc/ssl."""
        root = self.path('root')
        for directory in ('usr/lib', 'usr/bin', 'etc/ssl'):
            (root / directory).mkdir(parents=True, exist_ok=True)
        (root / 'etc/ssl/cert.pem').write_text('-----BEGIN CERTIFICATE-----\n')
        library = self.compiled('libcrypto.so.3', LIBRARY % openssl_directory, '-shared', '-fPIC', '-Wl,-soname,libcrypto.so.3', '-nostdlib')
        program = self.compiled('client', PROGRAM, library, '-Wl,-rpath,/usr/lib', '-nostartfiles', '-nostdlib', '-Wl,-e,main')
        run('cp', library, root / 'usr/lib/')
        run('cp', program, root / 'usr/bin/')
        loader = root / 'lib64'
        loader.mkdir(exist_ok=True)
        run('cp', '-L', '/lib64/ld-linux-x86-64.so.2', loader)
        layout = self.path('layout' + openssl_directory.replace('/', '-'))
        build('--root', root, '--oci', layout, '/usr/bin/client')
        return [setting for setting in Layout(layout).config()['config']['Env'] if setting.startswith('SSL_')]

    def test_where_its_directory_has_none_it_is_told_where_they_are(self):
        self.assertEqual(self.environment('/opt/openssl'), ['SSL_CERT_FILE=/etc/ssl/cert.pem'])

    def test_where_its_directory_has_them_it_is_told_nothing(self):
        self.assertEqual(self.environment('/etc/ssl'), [])


if __name__ == '__main__':
    unittest.main()
