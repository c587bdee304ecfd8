// Where the databases of packages lie, and what says whose packages they are.
#pragma once

namespace rootlet::package {

inline constexpr const char* kDpkgPlace = "/var/lib/dpkg";
inline constexpr const char* kApkPlaces[] = {"/lib/apk/db", "/usr/lib/apk/db"};
inline constexpr const char* kRpmPlaces[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"};
inline constexpr const char* kPacmanPlace = "/var/lib/pacman/local";
inline constexpr const char* kReleasePlaces[] = {"/etc/os-release", "/usr/lib/os-release"};  // os-release(5); what a distribution is
// The older files by which scanners and programs tell distributions and their releases.
inline constexpr const char* kOlderReleasePlaces[] = {"/etc/debian_version", "/etc/lsb-release", "/etc/alpine-release", "/etc/redhat-release", "/etc/centos-release",
                                                     "/etc/rocky-release", "/etc/almalinux-release", "/etc/oracle-release", "/etc/fedora-release", "/etc/system-release"};

}  // namespace rootlet::package
