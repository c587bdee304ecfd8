// Package metadata of a layer (plan/metadata.hpp) on a base that has some of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rootlet::image {

// The file at that path of the plan with what the base's and the layer's say of it: the base's as it is, with what it lacks. The same
// package in another version is another package. Nothing where the file is of one package alone and has nothing to add to.
std::optional<std::string> merged_metadata(std::string_view path, const std::string& base, const std::string& layer);

// Of a dpkg stanza.
std::string_view version_of(std::string_view stanza);

inline constexpr std::string_view kDpkgStanzas = "/var/lib/dpkg/status.d/";
inline constexpr std::string_view kDpkgSums = ".md5sums";

}  // namespace rootlet::image
