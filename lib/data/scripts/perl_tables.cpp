#include "data/scripts/perl_tables.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <string>

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {
namespace {

constexpr PerlHidden kHidden[] = {
    {"File::Spec", "File::Spec::Unix"},
    {"File::Spec::Functions", "File::Spec::Unix"},
    {"utf8", "utf8_heavy.pl unicore/Heavy.pl"},  // before 5.32
    {"charnames", "unicore/Name.pm unicore/Name.pl"},
    {"_charnames", "unicore/Name.pm unicore/Name.pl"},
    {"Unicode::UCD", "unicore/*.pl unicore/*.txt unicore/lib/*/*.pl unicore/To/*.pl unicore/UCD.pl"},
    {"Unicode::Collate", "Unicode/Collate/allkeys.txt Unicode/Collate/keys.txt"},
    {"LWP::UserAgent", "LWP::Protocol::http LWP::Protocol::https LWP::Protocol::file"},
    {"LWP::Protocol", "LWP::Protocol::http LWP::Protocol::https LWP::Protocol::file"},
    {"JSON", "JSON::XS JSON::PP JSON::PP::Boolean"},
    {"JSON::XS", "attributes"},  // its XS has an lvalue method
    {"Cpanel::JSON::XS", "attributes"},
    {"JSON::MaybeXS", "Cpanel::JSON::XS JSON::XS JSON::PP"},
    {"YAML::Any", "YAML::XS YAML::Syck YAML"},
    {"XML::SAX", "XML/SAX/ParserDetails.ini XML::SAX::PurePerl XML::SAX::Expat"},
    {"Pod::Perldoc", "Pod::Perldoc::ToMan Pod::Perldoc::ToTerm Pod::Perldoc::ToText Pod::Perldoc::ToPod Pod::Perldoc::ToNroff"},
    {"Term::ReadLine", "Term::ReadLine::Gnu Term::ReadLine::Perl"},
    {"IO::Socket::SSL", "IO::Socket::IP IO::Socket::INET6 IO::Socket::SSL::PublicSuffix"},
    {"Net::HTTP", "IO::Socket::IP IO::Socket::INET"},
    {"Log::Log4perl", "Log::Log4perl::Appender::Screen Log::Log4perl::Appender::File Log::Log4perl::Layout::PatternLayout"},
    {"DateTime", "DateTime::PP"},
    {"Params::Validate", "Params::Validate::XS Params::Validate::PP"},
    {"List::MoreUtils", "List::MoreUtils::XS List::MoreUtils::PP"},
    {"Package::Stash", "Package::Stash::XS Package::Stash::PP"},
    {"Digest", "Digest::MD5 Digest::SHA"},
    {"English", "Errno Tie::Hash::NamedCapture"},
    {"PerlIO::encoding", "Encode"},
    {"diagnostics", "pod/perldiag.pod pods/perldiag.pod"},
    {"ExtUtils::MM", "ExtUtils::MM_Unix ExtUtils::MM_Any ExtUtils::MM_Linux"},
    {"LWP::MediaTypes", "LWP/media.types"},
    {"Net::Config", "Net/libnet.cfg"},
    {"Math::BigInt", "Math::BigInt::Calc Math::BigInt::Lib"},
    {"Math::BigFloat", "Math::BigInt Math::BigInt::Calc"},
    {"bigint", "Math::BigInt"},
    {"bignum", "Math::BigInt Math::BigFloat"},
    {"bigfloat", "Math::BigFloat"},
    {"bigrat", "Math::BigInt Math::BigFloat Math::BigRat"},
    {"Pod::Usage", "Pod::Text Pod::Text::Termcap"},
    {"Test2::API::Context", "Test2/Event/*.pm"},
    {"Test2::API", "Test2::Util::Facets2Legacy"},
    {"Dpkg::Vendor", "Dpkg/Vendor/*.pm"},
    {"Debconf::Db", "Debconf/DbDriver/*.pm Debconf/Format/*.pm"},
    {"Debconf::AutoSelect", "Debconf/FrontEnd/*.pm Debconf/Element/*/*.pm"},
    {"Git::LoadCPAN::Error", "Error"},
    {"Git::LoadCPAN::Mail::Address", "Mail::Address"},
};

constexpr PerlTrigger kVariables[] = {
    {"%!", "Errno"},
    {"$!{", "Errno"},
    {"%+", "Tie::Hash::NamedCapture"},   // before 5.30 by a file of its own
    {"%-", "Tie::Hash::NamedCapture"},
    {"$+{", "Tie::Hash::NamedCapture"},
    {"$-{", "Tie::Hash::NamedCapture"},
};

// A method call on a file handle loads IO::File, if nothing else has it (pp_method).
constexpr PerlTrigger kMethods[] = {
    {"autoflush", "IO::File"}, {"binmode", "IO::File"},   {"blocking", "IO::File"}, {"getline", "IO::File"}, {"getlines", "IO::File"},
    {"opened", "IO::File"},    {"printflush", "IO::File"}, {"ungetc", "IO::File"},  {"print", "IO::File"},   {"printf", "IO::File"},
    {"say", "IO::File"},       {"fileno", "IO::File"},    {"close", "IO::File"},    {"eof", "IO::File"},     {"seek", "IO::File"},
    {"sync", "IO::File"},      {"truncate", "IO::File"},  {"flush", "IO::File"},
};

// %ExtModule of Encode::Config, by patterns of names in small letters.
constexpr PerlTrigger kEncodings[] = {
    {"utf-16*", "Encode::Unicode"},     {"utf16*", "Encode::Unicode"},     {"utf-32*", "Encode::Unicode"}, {"utf32*", "Encode::Unicode"},
    {"ucs-2*", "Encode::Unicode"},      {"ucs2*", "Encode::Unicode"},      {"ucs-4*", "Encode::Unicode"},  {"ucs4*", "Encode::Unicode"},
    {"iso-10646*", "Encode::Unicode"},  {"utf-7", "Encode::Unicode::UTF7"}, {"iso-8859-1", ""},            {"iso-8859-*", "Encode::Byte"},
    {"latin1", ""},                     {"latin[0-9]*", "Encode::Byte"},   {"cp1006", "Encode::Byte"},     {"cp932", "Encode::JP"},
    {"cp936", "Encode::CN"},            {"cp949", "Encode::KR"},           {"cp950", "Encode::TW"},        {"cp37", "Encode::EBCDIC"},
    {"cp500", "Encode::EBCDIC"},        {"cp875", "Encode::EBCDIC"},       {"cp1026", "Encode::EBCDIC"},   {"cp1047", "Encode::EBCDIC"},
    {"posix-bc", "Encode::EBCDIC"},     {"cp[0-9]*", "Encode::Byte"},      {"windows-*", "Encode::Byte"},  {"win*", "Encode::Byte"},
    {"koi8-*", "Encode::Byte"},         {"tcvn*", "Encode::Byte"},         {"viscii", "Encode::Byte"},     {"hp-roman8", "Encode::Byte"},
    {"roman8", "Encode::Byte"},         {"nextstep", "Encode::Byte"},      {"macjapanese", "Encode::JP"},  {"mackorean", "Encode::KR"},
    {"macchinese*", "Encode::CN"},      {"macsymbol", "Encode::Symbol"},   {"macdingbats", "Encode::Symbol"}, {"mac*", "Encode::Byte"},
    {"gsm0338", "Encode::GSM0338"},     {"symbol", "Encode::Symbol"},      {"dingbats", "Encode::Symbol"}, {"adobe*", "Encode::Symbol"},
    {"euc-cn", "Encode::CN"},           {"gb*", "Encode::CN"},             {"hz", "Encode::CN"},           {"iso-ir-165", "Encode::CN"},
    {"euc-jp", "Encode::JP"},           {"iso-2022-jp*", "Encode::JP"},    {"7bit-jis", "Encode::JP"},     {"shift*jis*", "Encode::JP"},
    {"sjis", "Encode::JP"},             {"jis0*", "Encode::JP"},           {"ujis", "Encode::JP"},         {"euc-kr", "Encode::KR"},
    {"iso-2022-kr", "Encode::KR"},      {"johab", "Encode::KR"},           {"ksc5601*", "Encode::KR"},     {"big5*", "Encode::TW"},
    {"mime-*", "Encode::MIME::Header"}, {"mime_*", "Encode::MIME::Header"}, {"locale", "Encode::Locale"},
};

constexpr std::string_view kLoaders[] = {"load",        "load_class", "try_load_class", "load_optional_class", "load_first_existing_class",
                                         "use_module",  "require_module", "use_package_optimistically", "extends", "with", "autoload",
                                         "can_load",    "use_base", "load_module", "check_install", "use_ok", "require_ok"};

}  // namespace

std::span<const PerlHidden> perl_hidden() { return kHidden; }
std::span<const PerlTrigger> perl_variables() { return kVariables; }
std::span<const PerlTrigger> perl_methods() { return kMethods; }

std::string_view perl_encoding_module(std::string_view name) {
  if (name.size() < 2 || name.size() > 24) return {};
  std::string small(name);
  std::transform(small.begin(), small.end(), small.begin(), lower);
  for (const PerlTrigger& each : kEncodings) {
    if (fnmatch(std::string(each.text).c_str(), small.c_str(), 0) == 0) return each.module;
  }
  return {};
}

bool loads_modules(std::string_view function) {
  const size_t colon = function.rfind(':');
  return listed(function.substr(colon == std::string_view::npos ? 0 : colon + 1), kLoaders);
}

}  // namespace rootlet::scripts
