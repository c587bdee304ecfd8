#include "inventory/purl.hpp"

#include <algorithm>

#include "rootlet/inventory.hpp"

namespace rootlet {
namespace inventory {

std::string percent_encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view(".-_~:").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[static_cast<unsigned char>(c) >> 4], kDigits[static_cast<unsigned char>(c) & 15]};
    }
  }
  return out;
}

}  // namespace inventory

namespace {

using inventory::percent_encoded;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

struct Type {
  std::string_view name, vendor;  // the vendor where os-release says none
};

Type type_of(PackageFormat format) {
  switch (format) {
    case PackageFormat::dpkg: return {"deb", "debian"};
    case PackageFormat::apk: return {"apk", "alpine"};
    case PackageFormat::rpm: return {"rpm", ""};
    case PackageFormat::pacman: return {"alpm", "arch"};
    case PackageFormat::none: break;
  }
  return {};
}

}  // namespace

std::string package_url(const InventoryPackage& package, PackageFormat format, const Distribution& distribution) {
  const Type type = type_of(format);
  if (type.name.empty() || package.name.empty()) return {};
  const std::string vendor = lower(distribution.id.empty() ? type.vendor : std::string_view(distribution.id));
  // The names of rpm alone tell upper case from lower (rpm-definition.json).
  const std::string name = format == PackageFormat::rpm ? package.name : lower(package.name);
  std::string_view version = package.version, epoch;
  const size_t colon = version.find(':');
  if (format == PackageFormat::rpm && colon != std::string_view::npos) {
    epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  std::string url = "pkg:" + std::string(type.name) + "/";
  if (!vendor.empty()) url += percent_encoded(vendor) + "/";
  url += percent_encoded(name);
  if (!version.empty()) url += "@" + percent_encoded(version);
  // In the order of their names, as the canonical form has it. "upstream" is what scanners look for the source package in.
  char mark = '?';
  auto qualifier = [&](std::string_view key, const std::string& value) {
    if (value.empty()) return;
    url += mark + std::string(key) + "=" + percent_encoded(value);
    mark = '&';
  };
  qualifier("arch", package.architecture);
  if (!distribution.id.empty() && !distribution.version.empty()) qualifier("distro", distribution.id + "-" + distribution.version);
  qualifier("epoch", std::string(epoch));
  if (package.source != package.name) qualifier("upstream", package.source);
  return url;
}

}  // namespace rootlet
