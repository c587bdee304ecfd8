// Where the databases of packages lie.
#pragma once

namespace rootlet::package {

inline constexpr const char* kDpkgPlace = "/var/lib/dpkg";
inline constexpr const char* kApkPlaces[] = {"/lib/apk/db", "/usr/lib/apk/db"};
inline constexpr const char* kRpmPlaces[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"};
inline constexpr const char* kPacmanPlace = "/var/lib/pacman/local";

}  // namespace rootlet::package
