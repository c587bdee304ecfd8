#include <algorithm>

#include "data/scripts/ruby.hpp"

namespace rootlet::scripts {
namespace {

// Encodings by how their names begin, in small letters and with underscores: the libraries of their characters
// and of the ways from and to UTF-8, below enc/. A star stands for the name itself.
struct Encoding {
  std::string_view name, files;
};
constexpr Encoding kEncodings[] = {
    {"iso_8859_", "* trans/single_byte"},
    {"iso8859_", "* trans/single_byte"},
    {"windows_125", "* trans/single_byte"},
    {"windows_874", "* trans/single_byte"},
    {"cp125", "* trans/single_byte"},
    {"cp85", "* trans/single_byte"},
    {"cp437", "* trans/single_byte"},
    {"ibm", "* trans/single_byte"},
    {"koi8_", "* trans/single_byte"},
    {"tis_620", "* trans/single_byte"},
    {"mac", "* trans/single_byte"},
    {"shift_jis", "shift_jis windows_31j trans/japanese trans/japanese_sjis"},
    {"sjis", "shift_jis windows_31j trans/japanese trans/japanese_sjis"},
    {"windows_31j", "shift_jis windows_31j trans/japanese trans/japanese_sjis"},
    {"cp932", "shift_jis windows_31j trans/japanese trans/japanese_sjis"},
    {"euc_jp", "euc_jp trans/japanese trans/japanese_euc"},
    {"eucjp", "euc_jp trans/japanese trans/japanese_euc"},
    {"iso_2022_jp", "euc_jp trans/iso2022 trans/japanese trans/japanese_euc"},
    {"utf_16", "utf_16be utf_16le trans/utf_16_32"},
    {"utf_32", "utf_32be utf_32le trans/utf_16_32"},
    {"utf_8_mac", "trans/utf8_mac"},
    {"big5", "big5 trans/big5"},
    {"euc_tw", "euc_tw trans/chinese"},
    {"euc_kr", "euc_kr cp949 trans/korean"},
    {"cp949", "euc_kr cp949 trans/korean"},
    {"gb2312", "gb2312 trans/chinese trans/gbk"},
    {"euc_cn", "gb2312 trans/chinese trans/gbk"},
    {"gbk", "gbk trans/gbk"},
    {"cp936", "gbk trans/gbk"},
    {"gb18030", "gb18030 trans/gb18030"},
};

}  // namespace

std::vector<std::string> ruby_encoding_files(std::string_view name) {
  std::vector<std::string> files;
  if (name.size() < 3 || name.size() > 24) return files;
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(), [](char c) { return c == '-' ? '_' : lower(c); });
  for (const Encoding& each : kEncodings) {
    if (!plain.starts_with(each.name)) continue;
    each_part(each.files, " ", [&](std::string_view file) { files.push_back("enc/" + (file == "*" ? plain : std::string(file)) + ".so"); });
  }
  return files;
}

}  // namespace rootlet::scripts
