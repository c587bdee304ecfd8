"""Changes to the bytes of ELF files (little-endian) that no linker would make: patches for Workshop.patched()."""
import struct


class Layout:
    """Where the sections of a file are, with the fields of its class."""

    def __init__(self, data):
        self.data = data
        self.wide = data[4] == 2
        table, count = self.unpack('QI'[not self.wide], 40 if self.wide else 32), self.unpack('H', 60 if self.wide else 48)
        form = '<IIQQQQIIQQ' if self.wide else '<IIIIIIIIII'
        self.sections = [struct.unpack_from(form, data, table + struct.calcsize(form) * index) for index in range(count)]

    def unpack(self, form, offset):
        return struct.unpack_from('<' + form, self.data, offset)[0]

    def of_type(self, *kinds):
        return [section for section in self.sections if section[1] in kinds]

    def string(self, section, offset):
        start = self.sections[section[6]][4] + offset
        return bytes(self.data[start:self.data.index(0, start)]).decode()

    def symbols(self):
        """(offset of the entry, name) of each dynamic symbol."""
        table = self.of_type(11)[0]
        return [(offset, self.string(table, self.unpack('I', offset))) for offset in range(table[4], table[4] + table[5], 24 if self.wide else 16)]

    def requirements(self, library):
        """Offsets of what is required of a library's versions (Elf_Vernaux), and the section."""
        for section in self.of_type(0x6ffffffe):
            entry, following = section[4], -1
            while following:
                _, count, file, first, following = struct.unpack_from('<HHIII', self.data, entry)
                auxiliary = entry + first
                for _ in range(count if self.string(section, file) == library else 0):
                    yield auxiliary, section
                    auxiliary += self.unpack('I', auxiliary + 12)
                entry += following


def change_symbols(names, **fields):
    """Sets fields (type, bind, other, section, value) of the dynamic symbols of these names."""
    def patch(data):
        layout = Layout(data)
        info, other, section, value = (4, 5, 6, 8) if layout.wide else (12, 13, 14, 4)
        offsets = [offset for offset, name in layout.symbols() if name in names]
        assert offsets, names
        for offset in offsets:
            if 'type' in fields:
                data[offset + info] = data[offset + info] & 0xf0 | fields['type']
            if 'bind' in fields:
                data[offset + info] = data[offset + info] & 0x0f | fields['bind'] << 4
            if 'other' in fields:
                data[offset + other] = fields['other']
            if 'section' in fields:
                struct.pack_into('<H', data, offset + section, fields['section'])
            if 'value' in fields:
                struct.pack_into('<Q' if layout.wide else '<I', data, offset + value, fields['value'])
    return patch


def weaken_versions(library):
    """Marks what is required of a library's versions as weak (VER_FLG_WEAK)."""
    def patch(data):
        for offset, _ in Layout(data).requirements(library):
            struct.pack_into('<H', data, offset + 4, 2)
    return patch


def rename_version(library, old, new):
    """Requires a version of another name, of the same length."""
    def hashed(name):
        value = 0
        for byte in name.encode():
            value = (value << 4) + byte
            value = (value ^ (value & 0xf0000000) >> 24) & 0x0fffffff
        return value

    def patch(data):
        layout = Layout(data)
        for offset, section in layout.requirements(library):
            place = layout.unpack('I', offset + 8)
            if layout.string(section, place) == old:
                struct.pack_into('<I', data, offset, hashed(new))
                place += layout.sections[section[6]][4]
                data[place:place + len(new)] = new.encode()
                return
        raise AssertionError(old)
    return patch


def replace_version(library, old, new):
    """Requires twice a version that is required anyway, instead of another."""
    def patch(data):
        layout = Layout(data)
        found = {layout.string(section, layout.unpack('I', offset + 8)): offset for offset, section in layout.requirements(library)}
        data[found[old]:found[old] + 4] = data[found[new]:found[new] + 4]
        data[found[old] + 8:found[old] + 12] = data[found[new] + 8:found[new] + 12]
    return patch


def drop_relocations(name):
    """Makes every relocation with a symbol one that relocates nothing (R_*_NONE)."""
    def patch(data):
        layout = Layout(data)
        index = [symbol for _, symbol in layout.symbols()].index(name)
        done = 0
        for section in layout.of_type(4, 9):
            size = (24 if layout.wide else 12) if section[1] == 4 else (16 if layout.wide else 8)
            for offset in range(section[4], section[4] + section[5], size):
                at, form, shift = (offset + 8, 'Q', 32) if layout.wide else (offset + 4, 'I', 8)
                if layout.unpack(form, at) >> shift == index:
                    struct.pack_into('<' + form, data, at, index << shift)
                    done += 1
        assert done, name
    return patch


def forget_sections(data):
    """No section headers, as sstrip leaves a file."""
    wide = data[4] == 2
    struct.pack_into('<Q' if wide else '<I', data, 40 if wide else 32, 0)
    struct.pack_into('<HH', data, 60 if wide else 48, 0, 0)
