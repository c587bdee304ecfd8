#include "image/referrers.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

namespace rootlet::image {
namespace {

using Digests = std::set<std::string>;

constexpr int kMostNesting = 4;  // of indexes, as they are read

// Every manifest that the entries name, through indexes, too.
void add_named(const std::vector<oci::Descriptor>& entries, const oci::ReadDocument& read, Digests& named, int depth = 0) {
  for (const oci::Descriptor& entry : entries) {
    if (!named.insert(entry.digest).second || !oci::is_index(entry.media_type) || depth == kMostNesting) continue;
    auto text = read(entry);
    auto inner = text ? oci::parse_index(*text, entry.digest) : Unexpected(std::move(text).error());
    if (inner) add_named(inner->manifests, read, named, depth + 1);
  }
}

// The entries that refer to one of these manifests.
Digests referrers_of(const Digests& gone, const std::vector<oci::Descriptor>& entries, const oci::ReadDocument& read) {
  Digests referrers;
  for (const oci::Descriptor& entry : entries) {
    if (!oci::is_manifest(entry.media_type) || oci::annotation(entry, oci::kReferenceName) != nullptr) continue;
    auto text = read(entry);
    auto manifest = text ? oci::parse_manifest(*text, entry.digest) : Unexpected(std::move(text).error());
    if (manifest && manifest->subject && gone.contains(manifest->subject->digest)) referrers.insert(entry.digest);
  }
  return referrers;
}

}  // namespace

Result<std::string> without_orphans(const std::string& before, const std::string& after, const oci::ReadDocument& read, const std::string& shown) {
  const auto old = oci::parse_index(before, shown);
  auto left = oci::parse_index(after, shown);
  if (!old || !left) return after;
  Digests was_named, is_named, gone, orphans;
  add_named(old->manifests, read, was_named);
  add_named(left->manifests, read, is_named);
  std::set_difference(was_named.begin(), was_named.end(), is_named.begin(), is_named.end(), std::inserter(gone, gone.end()));
  while (!gone.empty()) {
    gone = referrers_of(gone, left->manifests, read);
    std::erase_if(left->manifests, [&gone](const oci::Descriptor& entry) { return gone.contains(entry.digest); });
    orphans.merge(Digests(gone));
  }
  return orphans.empty() ? after : oci::without_manifests(after, orphans, shown);
}

}  // namespace rootlet::image
