// Package URLs, against the examples of purl-spec (types/{deb,apk,rpm,alpm}-definition.json and its test suite).
#include "inventory/layers.hpp"

namespace rootlet::test {
namespace {

std::string url(PackageFormat format, const char* distribution, const char* release, const char* name, const char* package_version, const char* architecture,
                const char* source = "") {
  return package_url({name, package_version, architecture, *source == '\0' ? name : source, {}}, format, {distribution, release, ""});
}

TEST(PackageUrl, IsAsTheSpecificationWritesIt) {
  using enum PackageFormat;
  EXPECT_EQ(url(dpkg, "debian", "", "attr", "1:2.4.47-2+b1", "amd64"), "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64");
  EXPECT_EQ(url(dpkg, "ubuntu", "", "dpkg", "1.19.0.4", "amd64"), "pkg:deb/ubuntu/dpkg@1.19.0.4?arch=amd64");
  EXPECT_EQ(url(apk, "alpine", "", "curl", "7.83.0-r0", "x86"), "pkg:apk/alpine/curl@7.83.0-r0?arch=x86");
  EXPECT_EQ(url(pacman, "arch", "", "containers-common", "1:0.47.4-4", "x86_64"), "pkg:alpm/arch/containers-common@1:0.47.4-4?arch=x86_64");
  EXPECT_EQ(url(rpm, "fedora", "25", "centerim", "1:4.22.10-1.el6", "i686"), "pkg:rpm/fedora/centerim@4.22.10-1.el6?arch=i686&distro=fedora-25&epoch=1");
  EXPECT_EQ(url(rpm, "fedora", "25", "curl", "7.50.3-1.fc25", "i386"), "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25");
}

TEST(PackageUrl, EncodesWhatIsNotPlain) {
  using enum PackageFormat;
  EXPECT_EQ(url(dpkg, "debian", "12", "libstdc++6", "12.2.0-14+deb12u1~x", "amd64", "gcc-12"),
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1~x?arch=amd64&distro=debian-12&upstream=gcc-12");
  EXPECT_EQ(url(rpm, "fedora", "", "Mixed/\xc3\xa9 @?&#%", "1", ""), "pkg:rpm/fedora/Mixed%2F%C3%A9%20%40%3F%26%23%25@1");
  EXPECT_EQ(url(dpkg, "", "", "Name", "1", ""), "pkg:deb/debian/name@1");
  EXPECT_EQ(url(rpm, "", "", "Name", "1", ""), "pkg:rpm/Name@1");
  EXPECT_EQ(url(none, "debian", "", "name", "1", ""), "");
}

}  // namespace
}  // namespace rootlet::test
