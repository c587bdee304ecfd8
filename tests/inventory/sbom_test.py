"""Bills of materials, held to the rules of SPDX 2.3 and CycloneDX 1.6 by their sections, and to what other tools say of the same files.

ROOTLET_SCHEMAS names a directory with the published schemas (spdx-schema.json of SPDX 2.3; bom-1.6.schema.json, spdx.schema.json,
jsf-0.82.schema.json and, where it refers to it, cryptography-defs.schema.json of CycloneDX): then they are validated against these as well.
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import unittest
import uuid

from support import HAS_DPKG, Case, command, digests, dpkg_versions, package_url_parts

SCHEMAS = os.environ.get('ROOTLET_SCHEMAS')
HEX = {'SHA1': 40, 'SHA256': 64, 'SHA-1': 40, 'SHA-256': 64}
OWN = '#!/bin/sh\nexec /usr/bin/xz --version\n'


def relationships(spdx, kind):
    return [(one['spdxElementId'], one['relatedSpdxElement']) for one in spdx['relationships'] if one['relationshipType'] == kind]


def components(bill):
    """All components, with those that are inside others."""
    open_ones = list(bill['components'])
    while open_ones:
        component = open_ones.pop()
        yield component
        open_ones.extend(component.get('components', []))


class Bills(Case):
    """Of one layer: a program of the distribution, and a script that no package owns."""

    WORDS = ()

    def setUp(self):
        super().setUp()
        self.root = '/'
        self.layer, self.bill = self.made('layer', SOURCE_DATE_EPOCH='1700000000')

    def made(self, name, *words, **environment):
        layer = self.place / name
        command('build', '-q', '--dir', layer, '--sbom', self.KIND, *words, '/usr/bin/xz', '/usr/bin/awk', env={**os.environ, **environment})
        return layer, json.loads((self.place / (name + self.SUFFIX)).read_text())


class Spdx(Bills):
    KIND, SUFFIX = 'spdx', '.spdx.json'

    def files(self):
        return {file['fileName']: file for file in self.bill['files']}

    def test_the_document_says_what_it_must(self):
        bill = self.bill
        self.assertEqual((bill['spdxVersion'], bill['dataLicense'], bill['SPDXID']), ('SPDX-2.3', 'CC0-1.0', 'SPDXRef-DOCUMENT'))  # 6.1 to 6.3
        self.assertEqual(bill['name'], 'xz')  # 6.4
        self.assertRegex(bill['documentNamespace'], r'^https://[^#\s]+$')  # 6.5: an absolute URI without '#'
        uuid.UUID(bill['documentNamespace'][-36:])
        creation = bill['creationInfo']
        self.assertEqual(creation['created'], '2023-11-14T22:13:20Z')  # 6.9; `date -u -d @1700000000`
        self.assertTrue(all(re.match(r'(Tool: \S+-\S+|Person: .+|Organization: .+)$', creator) for creator in creation['creators']))  # 6.8

    def test_identifiers_are_unique_and_every_end_of_a_relationship_exists(self):
        elements = [element['SPDXID'] for element in self.bill['packages'] + self.bill['files']] + ['SPDXRef-DOCUMENT']
        self.assertEqual(len(elements), len(set(elements)))
        for identifier in elements:
            self.assertRegex(identifier, r'^SPDXRef-[a-zA-Z0-9.-]+$')  # 7.2, 8.2
        for one in self.bill['relationships']:
            self.assertIn(one['spdxElementId'], elements)
            self.assertIn(one['relatedSpdxElement'], elements)
            self.assertIn(one['relationshipType'], ('DESCRIBES', 'CONTAINS', 'DEPENDS_ON', 'GENERATED_FROM'))  # 11.1
        self.assertEqual(len(relationships(self.bill, 'DESCRIBES')), 1)
        contained = [inner for _, inner in relationships(self.bill, 'CONTAINS')]
        self.assertEqual(len(contained), len(set(contained)))
        self.assertEqual(set(contained) | {'SPDXRef-DOCUMENT', relationships(self.bill, 'DESCRIBES')[0][1]}, set(elements))

    def test_files_have_the_sums_of_sha256sum_and_sha1sum(self):
        files = self.files()
        for file in files.values():
            sums = {checksum['algorithm']: checksum['checksumValue'] for checksum in file['checksums']}
            self.assertIn('SHA1', sums)  # 8.4: mandatory
            for algorithm, value in sums.items():
                self.assertRegex(value, rf'^[0-9a-f]{{{HEX[algorithm]}}}$')
        for algorithm, tool in (('SHA256', 'sha256'), ('SHA1', 'sha1')):
            said = {name[1:]: next(c['checksumValue'] for c in file['checksums'] if c['algorithm'] == algorithm) for name, file in files.items()}
            self.assertEqual(said, digests(self.layer, tool))

    def test_verification_codes_are_those_of_section_7_9(self):
        sums = {file['SPDXID']: next(c['checksumValue'] for c in file['checksums'] if c['algorithm'] == 'SHA1') for file in self.bill['files']}
        inside = {}
        for outer, inner in relationships(self.bill, 'CONTAINS'):
            if inner in sums:
                inside.setdefault(outer, []).append(sums[inner])
        described = relationships(self.bill, 'DESCRIBES')[0][1]
        inside[described] = list(sums.values())
        for package in self.bill['packages']:
            self.assertIn(package['downloadLocation'], ('NOASSERTION', 'NONE'))  # 7.7
            if package['filesAnalyzed']:  # 7.8
                code = hashlib.sha1(''.join(sorted(inside[package['SPDXID']])).encode()).hexdigest()
                self.assertEqual(package['packageVerificationCode']['packageVerificationCodeValue'], code, package['name'])
            else:
                self.assertNotIn(package['SPDXID'], inside)
                self.assertNotIn('packageVerificationCode', package)

    @unittest.skipUnless(HAS_DPKG, 'this machine has no dpkg')
    def test_packages_have_the_url_that_dpkg_gives_reason_for(self):
        versions = dpkg_versions()
        seen = set()
        for package in self.bill['packages']:
            for reference in package.get('externalRefs', []):
                self.assertEqual((reference['referenceCategory'], reference['referenceType']), ('PACKAGE-MANAGER', 'purl'))  # annex F.3.5
                kind, vendor, name, version, qualifiers = package_url_parts(reference['referenceLocator'])
                self.assertEqual((kind, name, version), ('deb', package['name'], package['versionInfo']))
                self.assertEqual((version, qualifiers.get('upstream', name)), versions[name, qualifiers['arch']])
                self.assertEqual(vendor, release()['ID'])
                self.assertEqual(qualifiers['distro'], f"{release()['ID']}-{release()['VERSION_ID']}")
                seen.add(name)
        self.assertIn('libc6', seen)
        self.assertIn('xz-utils', seen)

    @unittest.skipUnless(HAS_DPKG, 'this machine has no dpkg')
    def test_packages_depend_on_what_their_programs_load(self):
        names = {package['SPDXID']: package['name'] for package in self.bill['packages']}
        depends = {(names.get(a), names.get(b)) for a, b in relationships(self.bill, 'DEPENDS_ON')}
        loaded = subprocess.run(['ldd', '/usr/bin/xz'], capture_output=True, text=True, check=True).stdout
        for name, package in (('liblzma.so.5', 'liblzma5'), ('libc.so.6', 'libc6')):
            self.assertIn(name, loaded)
            self.assertIn(('xz-utils', package), depends)
        self.assertNotIn(('libc6', 'xz-utils'), depends)

    def test_what_no_package_owns_has_its_evidence(self):
        files = {file['SPDXID']: file for file in self.bill['files']}
        described = relationships(self.bill, 'DESCRIBES')[0][1]
        loose = [files[inner] for outer, inner in relationships(self.bill, 'CONTAINS') if outer == described and inner in files]
        self.assertTrue(loose)
        for file in loose:
            self.assertTrue(file['comment'])
            for annotation in file['annotations']:  # 12.1 to 12.4
                self.assertEqual(annotation['annotationType'], 'OTHER')
                self.assertRegex(annotation['annotator'], '^Tool: ')
                self.assertRegex(annotation['annotationDate'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$')
        cache = self.files()['./etc/ld.so.cache']
        self.assertIn((cache['SPDXID']), [made for made, _ in relationships(self.bill, 'GENERATED_FROM')])

    def test_is_the_same_again_and_another_for_other_content(self):
        self.made('again', SOURCE_DATE_EPOCH='1700000000')
        self.made('later', SOURCE_DATE_EPOCH='1700000001')
        first, again, later = ((self.place / (name + self.SUFFIX)).read_text() for name in ('layer', 'again', 'later'))
        self.assertEqual(first, again)
        self.assertNotEqual(json.loads(first)['documentNamespace'], json.loads(later)['documentNamespace'])


class CycloneDx(Bills):
    KIND, SUFFIX = 'cyclonedx', '.cdx.json'

    def test_the_document_says_what_it_must(self):
        bill = self.bill
        self.assertEqual((bill['bomFormat'], bill['specVersion'], bill['version']), ('CycloneDX', '1.6', 1))
        self.assertRegex(bill['serialNumber'], r'^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
        identity = uuid.UUID(bill['serialNumber'])
        self.assertEqual((identity.variant, identity.version), (uuid.RFC_4122, 8))
        self.assertEqual(bill['metadata']['timestamp'], '2023-11-14T22:13:20Z')
        self.assertEqual((bill['metadata']['component']['type'], bill['metadata']['component']['name']), ('container', 'xz'))
        for component in components(bill):
            self.assertIn(component['type'], ('library', 'file', 'operating-system'))
            self.assertTrue(component['name'])

    def test_references_are_unique_and_every_dependency_exists(self):
        references = [component['bom-ref'] for component in components(self.bill)] + [self.bill['metadata']['component']['bom-ref']]
        self.assertEqual(len(references), len(set(references)))
        for dependency in self.bill['dependencies']:
            self.assertIn(dependency['ref'], references)
            self.assertEqual(len(dependency['dependsOn']), len(set(dependency['dependsOn'])))
            self.assertLessEqual(set(dependency['dependsOn']), set(references))
        named = [dependency['ref'] for dependency in self.bill['dependencies']]
        self.assertEqual(len(named), len(set(named)))

    def test_files_have_the_sums_of_sha256sum_and_stand_in_their_packages(self):
        said = {}
        for component in components(self.bill):
            if component['type'] != 'file':
                continue
            sums = {entry['alg']: entry['content'] for entry in component['hashes']}
            for algorithm, value in sums.items():
                self.assertRegex(value, rf'^[0-9a-f]{{{HEX[algorithm]}}}$')
            said[component['name']] = sums['SHA-256']
        self.assertEqual(said, digests(self.layer))

    @unittest.skipUnless(HAS_DPKG, 'this machine has no dpkg')
    def test_packages_own_what_dpkg_says(self):
        versions = dpkg_versions()
        packages = {component['name']: component for component in self.bill['components'] if component['type'] == 'library'}
        self.assertIn('xz-utils', packages)
        for name, package in packages.items():
            architecture = package_url_parts(package['purl'])[4]['arch']
            listed = subprocess.run(['dpkg-query', '-L', name if architecture == 'all' else f'{name}:{architecture}'], capture_output=True, text=True, check=True).stdout.splitlines()
            real = {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in listed}
            self.assertLessEqual({file['name'] for file in package.get('components', [])}, real, name)
            self.assertEqual(package['version'], versions[name, architecture][0])
            self.assertEqual(package_url_parts(package['purl'])[:4], ('deb', release()['ID'], name, package['version']))

    def test_what_no_package_owns_has_its_evidence(self):
        loose = [component for component in self.bill['components'] if component['type'] == 'file']
        self.assertTrue(loose)
        for component in loose:
            for occurrence in component['evidence']['occurrences']:
                self.assertEqual(occurrence['location'], component['name'])
                self.assertTrue(occurrence['additionalContext'])
        cache = next(component for component in loose if component['name'] == '/etc/ld.so.cache')
        self.assertIn('rootlet:generated-from', [entry['name'] for entry in cache['properties']])


def release():
    lines = pathlib.Path('/etc/os-release').read_text().splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition('=') for line in lines if '=' in line)}


class Places(Case):
    """Where a bill of materials goes."""

    def test_it_goes_beside_the_output_or_where_it_is_said(self):
        for words, name in ((('--dir', 'd/'), 'd.spdx.json'), (('--tar', 't.tar'), 't.tar.spdx.json'), (('--docker-archive', 'k.tar'), 'k.tar.spdx.json'),
                            (('--tar', 'u.tar', '--sbom-file', 'elsewhere'), 'elsewhere')):
            command('build', '-q', *words, '--sbom', 'spdx', '/usr/bin/xz', cwd=self.place)
            self.assertEqual(json.loads((self.place / name).read_text())['name'], 'xz')
        self.assertFalse((self.place / 'u.tar.spdx.json').exists())

    def test_what_has_no_place_is_refused_and_nothing_is_written(self):
        self.assertIn('--sbom-file', command('build', '-q', '--tar', '-', '--sbom', 'spdx', '/usr/bin/xz', status=2))
        self.assertIn('--sbom spdx', command('build', '-q', '--tar', 'x.tar', '--sbom-file', 'y', '/usr/bin/xz', status=2, cwd=self.place))
        self.assertIn('none|spdx|cyclonedx', command('build', '-q', '--tar', 'x.tar', '--sbom', 'swid', '/usr/bin/xz', status=2, cwd=self.place))
        self.assertEqual(os.listdir(self.place), [])

    def test_an_image_has_it_as_a_referrer(self):
        for kind, media_type, suffix in (('spdx', 'application/spdx+json', '.spdx.json'), ('cyclonedx', 'application/vnd.cyclonedx+json', '.cdx.json')):
            layout = self.place / kind
            command('build', '-q', '--oci', layout, '--sbom', kind, '/usr/bin/xz')
            manifests = json.loads((layout / 'index.json').read_text())['manifests']
            image = next(one for one in manifests if 'artifactType' not in one)
            referrer = next(one for one in manifests if one.get('artifactType') == media_type)
            blob = lambda digest: (layout / 'blobs' / digest.replace(':', '/')).read_bytes()
            document = json.loads(blob(referrer['digest']))
            self.assertEqual(document['subject']['digest'], image['digest'])
            self.assertEqual(document['layers'][0]['mediaType'], media_type)
            content = blob(document['layers'][0]['digest'])
            self.assertEqual('sha256:' + hashlib.sha256(content).hexdigest(), document['layers'][0]['digest'])
            self.assertEqual(content, (self.place / (kind + suffix)).read_bytes())


@unittest.skipUnless(SCHEMAS, 'ROOTLET_SCHEMAS names no directory with the published schemas')
class Schemas(Case):
    def validate(self, document, name):
        import warnings
        warnings.simplefilter('ignore')
        import jsonschema
        known = {}
        for path in pathlib.Path(SCHEMAS).glob('*.json'):
            schema = json.loads(path.read_text())
            known['http://cyclonedx.org/schema/' + path.name] = known[schema.get('$id', path.name)] = known[path.name] = schema
        resolver = jsonschema.RefResolver(known[name].get('$id', ''), known[name], store=known)
        validator = jsonschema.Draft7Validator(known[name], resolver=resolver, format_checker=jsonschema.FormatChecker())
        self.assertEqual([error.message for error in validator.iter_errors(document)], [])
        broken = json.loads(json.dumps(document))
        del broken['spdxVersion' if 'spdxVersion' in broken else 'bomFormat']
        self.assertTrue(list(validator.iter_errors(broken)))

    def test_the_published_schemas_take_both(self):
        for program in (('/usr/bin/xz',), ('/usr/bin/python3', '--data', 'package')):
            for kind, suffix, schema in (('spdx', '.spdx.json', 'spdx-schema.json'), ('cyclonedx', '.cdx.json', 'bom-1.6.schema.json')):
                with self.subTest(program=program, kind=kind):
                    output = self.place / f'{kind}{len(program)}.tar'
                    command('build', '-q', '--tar', output, '--sbom', kind, *program)
                    self.validate(json.loads(pathlib.Path(f'{output}{suffix}').read_text()), schema)


del Bills

if __name__ == '__main__':
    unittest.main()
