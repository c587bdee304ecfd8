// Perl against the interpreter of this machine: every file that it loads must be among ours.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kPerl = "/usr/bin/perl";

class PerlOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!installed(kPerl)) GTEST_SKIP() << kPerl << " is not installed";
    auto root = Root::open("/");
    ASSERT_TRUE(root.has_value());
    root_.emplace(std::move(*root));
  }

  // %INC and the native modules at the end of the program, or nothing if that fails here.
  std::optional<std::set<std::string>> loaded(const std::string& program) const {
    const std::string report = "\nEND { print map { \"$_\\n\" } grep { defined } values(%INC), @DynaLoader::dl_shared_objects }\n";
    const auto run = run_command({kPerl, "-e", program + report});
    if (run.status != 0) return std::nullopt;
    return paths_in(run.out);
  }

  std::set<std::string> ours(const std::string& program) {
    // A Root looks a file up once: each entry has a name of its own.
    const std::string entry = directory_ / ("entry" + std::to_string(++count_));
    write_file(entry, program);
    return script_closure(*root_, ScriptLanguage::perl, std::filesystem::canonical(kPerl), entry);
  }

  TemporaryDirectory directory_;
  std::optional<Root> root_;
  int count_ = 0;
};

TEST_F(PerlOracle, FindsEveryFileThatModulesOfTheLibraryLoad) {
  Figures figures;
  for (const char* module : {"strict", "POSIX", "Encode", "Data::Dumper", "File::Spec", "File::Temp", "File::Find", "File::Copy", "File::Path", "Getopt::Long", "Storable",
                             "List::Util", "Time::HiRes", "Time::Local", "Time::Piece", "Digest::MD5", "Digest::SHA", "MIME::Base64", "IO::File", "IO::Socket", "IPC::Open3",
                             "Sys::Hostname", "Cwd", "Text::Wrap", "Text::ParseWords", "Term::ANSIColor", "JSON::PP", "HTTP::Tiny", "Compress::Zlib", "IO::Uncompress::Gunzip",
                             "Archive::Tar", "Pod::Usage", "Test::More", "threads", "Unicode::Normalize", "charnames", "open", "feature", "bigint", "Math::BigFloat", "overload",
                             "sort", "Fcntl", "Errno", "Hash::Util", "Locale::Maketext", "Safe", "Net::SMTP", "Tie::File", "Unicode::UCD"}) {
    const std::string program = std::string("use ") + module + ";\n";
    const auto real = loaded(program);
    if (!real) continue;  // an interpreter without this module
    const auto found = ours(program);
    EXPECT_EQ(lines_of(without(*real, found)), "") << program;
    if (!real->empty()) figures.add(found, *real);
  }
  ASSERT_GT(figures.count, 5u);
  std::printf("%zu modules, %.2f times the bytes that are really loaded\n", figures.count, figures.mean());
}

TEST_F(PerlOracle, FindsEveryFileThatTheInterpreterLoadsWithoutBeingTold) {
  for (const char* program : {"open(my $f, '<', \\'text'); my $x = <$f>;", "binmode(STDOUT, ':encoding(UTF-8)');", "my @x = </usr/*>;", "my $x = $!{ENOENT};", "STDOUT->autoflush(1);",
                              "print {*STDERR} \"\\N{GREEK SMALL LETTER ALPHA}\" =~ /x/;", "use Encode; my $x = decode('euc-jp', 'x'); $x = encode('iso-8859-2', 'x'); $x = encode('UTF-16', 'x');",
                              "use open ':std', ':encoding(UTF-8)';", "my $x = \"\\x{e9}\" =~ /\\p{Greek}/i; $x = lc \"\\x{3a3}\";", "'ab' =~ /(?<n>a)/; my $x = $+{n};", "use JSON::PP; my $x = decode_json('[1]');",
                              "use POSIX; my $x = floor(1.5) . strftime('%Y', gmtime); setlocale(LC_ALL, '');", "my $x = sprintf('%vd', '1.2'); local $SIG{__WARN__} = sub {}; warn 'x';",
                              "use Storable; my $x = Storable::dclone([1]);", "require Carp; eval { Carp::croak('x') };", "use Data::Dumper; $Data::Dumper::Useperl = 1; my $x = Dumper([1]);",
                              "use Time::Local; my $x = timegm(gmtime);", "use File::Temp; my $x = File::Temp->new;", "use threads; threads->create(sub { 1 })->join;"}) {
    const auto real = loaded(program);
    if (!real) continue;
    EXPECT_EQ(lines_of(without(*real, ours(program))), "") << program;
  }
}

TEST_F(PerlOracle, FindsEveryFileThatInstalledPackagesLoad) {
  size_t count = 0;
  for (const char* module : {"Debconf::Client::ConfModule", "Dpkg::Version", "Dpkg::Deps", "LWP::UserAgent", "DBI", "JSON", "JSON::XS", "YAML", "Locale::gettext", "Git", "Error", "URI", "XML::Parser"}) {
    const std::string program = std::string("use ") + module + ";\n";
    const auto real = loaded(program);
    if (!real) continue;
    ++count;
    EXPECT_EQ(lines_of(without(*real, ours(program))), "") << program;
  }
  if (count == 0) GTEST_SKIP() << "no package for Perl is installed";
}

}  // namespace
}  // namespace rootlet::test
