// Files of the host as sources, and parts of sources.
#pragma once

#include <memory>
#include <string>

#include "rootlet/base.hpp"

namespace rootlet {

// `directory` is an open one that a relative path starts from, or AT_FDCWD. Links are followed: what is read of an image is checked by
// its digest, wherever it lies. What is no regular file is not opened.
Result<std::shared_ptr<const Source>> open_file_source(int directory, const std::string& path, const std::string& shown);

// [offset, offset + length) of a source, which has them.
std::shared_ptr<const Source> slice(std::shared_ptr<const Source> source, uint64_t offset, uint64_t length);

}  // namespace rootlet
