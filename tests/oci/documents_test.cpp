// The documents of images, against the examples of the OCI image specification 1.1 and against what is off.
#include "oci/documents.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace rootlet::oci {
namespace {

using nlohmann::json;

const std::string kDigest = "sha256:b5b2b2c507a0944348e0303114d8d93aaaa081732b86451d9bce1f432a537bc7";
const std::string kOther = "sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0";

json descriptor(const std::string& type, const std::string& digest = kDigest, uint64_t size = 7023) {
  return {{"mediaType", type}, {"digest", digest}, {"size", size}};
}

// image-index.md, "Example".
json index_example() {
  json one = descriptor(std::string(kManifestType), kOther, 7143);
  one["platform"] = {{"architecture", "ppc64le"}, {"os", "linux"}};
  json two = descriptor(std::string(kManifestType), kDigest, 7682);
  two["platform"] = {{"architecture", "arm64"}, {"os", "linux"}, {"variant", "v8"}};
  return {{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", {one, two}}, {"annotations", {{"com.example.key1", "value1"}}}};
}

// manifest.md, "Example".
json manifest_example() {
  json manifest = {{"schemaVersion", 2}, {"mediaType", kManifestType}, {"config", descriptor(std::string(kConfigType))}};
  manifest["layers"] = {descriptor(std::string(kLayerType) + "+gzip", kOther, 32654), descriptor(std::string(kLayerType) + "+gzip", kDigest, 16724)};
  manifest["subject"] = descriptor(std::string(kManifestType), kOther, 7682);
  manifest["annotations"] = {{"com.example.key1", "value1"}, {"com.example.key2", "value2"}};
  return manifest;
}

// config.md, "Example", shortened.
json config_example() {
  return {{"created", "2015-10-31T22:22:56.015925234Z"},
          {"architecture", "amd64"},
          {"os", "linux"},
          {"config", {{"User", "alice"}, {"Env", {"FOO=oci_is_a"}}, {"Entrypoint", {"/bin/my-app-binary"}}}},
          {"rootfs", {{"diff_ids", {kDigest, kOther}}, {"type", "layers"}}},
          {"history", {{{"created", "2015-10-31T22:22:54.690851953Z"}, {"created_by", "/bin/sh -c #(nop) ADD file in /"}}, {{"empty_layer", true}, {"comment", "CMD"}}}}};
}

TEST(OciDocuments, AnIndexIsReadAsTheSpecificationHasIt) {
  const auto index = parse_index(index_example().dump(), "index.json");
  ASSERT_TRUE(index) << index.error().message;
  ASSERT_EQ(index->manifests.size(), 2u);
  EXPECT_EQ(index->manifests[0].digest, kOther);
  EXPECT_EQ(index->manifests[0].size, 7143u);
  EXPECT_EQ(to_string(*index->manifests[0].platform), "linux/ppc64le");
  EXPECT_EQ(to_string(*index->manifests[1].platform), "linux/arm64/v8");
}

TEST(OciDocuments, AManifestIsReadAsTheSpecificationHasIt) {
  const auto manifest = parse_manifest(manifest_example().dump(), "manifest");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->config.media_type, kConfigType);
  ASSERT_EQ(manifest->layers.size(), 2u);
  EXPECT_EQ(manifest->layers[1].size, 16724u);
  ASSERT_TRUE(manifest->subject);
  EXPECT_EQ(manifest->subject->digest, kOther);
  EXPECT_EQ(manifest->annotations, (Pairs{{"com.example.key1", "value1"}, {"com.example.key2", "value2"}}));
}

TEST(OciDocuments, AConfigurationIsReadAsTheSpecificationHasIt) {
  const auto config = parse_config(config_example().dump(), "config");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(to_string(config->platform), "linux/amd64");
  EXPECT_EQ(config->diff_ids, (std::vector<std::string>{kDigest, kOther}));
  EXPECT_EQ(config->run.text_of("User"), "alice");
  ASSERT_EQ(config->history.size(), 2u);
  EXPECT_FALSE(config->history[0].empty_layer);
  EXPECT_TRUE(config->history[1].empty_layer);
}

TEST(OciDocuments, WhatIsWrittenIsWhatWasRead) {
  auto index = index_example();
  index.erase("annotations");
  EXPECT_EQ(json::parse(to_json(*parse_index(index.dump(), "index"))), index);
  EXPECT_EQ(json::parse(to_json(*parse_manifest(manifest_example().dump(), "manifest"))), manifest_example());
  EXPECT_EQ(json::parse(to_json(*parse_config(config_example().dump(), "config"))), config_example());
}

TEST(OciDocuments, NoPrefixIsADocument) {
  const std::string texts[] = {index_example().dump(), manifest_example().dump(), config_example().dump()};
  for (const std::string& text : texts) {
    for (size_t length = 0; length < text.size(); ++length) {
      const std::string_view prefix = std::string_view(text).substr(0, length);
      for (const auto& error : {parse_index(prefix, "it").error(), parse_manifest(prefix, "it").error(), parse_config(prefix, "it").error()}) {
        EXPECT_EQ(error.code, ErrorCode::malformed);
        EXPECT_TRUE(error.message.starts_with("it: ")) << error.message;
      }
      EXPECT_FALSE(with_manifest(prefix, {}, "it"));
    }
  }
}

TEST(OciDocuments, AMemberOfAnotherTypeIsRefusedAndNamed) {
  const auto says = [](json document, const char* pointer, json value, const std::string& words) {
    document[json::json_pointer(pointer)] = std::move(value);
    const auto read = parse_manifest(document.dump(), "it");
    ASSERT_FALSE(read) << pointer;
    EXPECT_NE(read.error().message.find(words), std::string::npos) << read.error().message;
  };
  says(manifest_example(), "/schemaVersion", 1, "\"schemaVersion\" is 1");
  says(manifest_example(), "/mediaType", kIndexType, "not that of a manifest");
  says(manifest_example(), "/config", 7, "\"config\" is no descriptor");
  says(manifest_example(), "/layers", "x", "\"layers\" is no array");
  says(manifest_example(), "/layers/1/size", -1, "\"layers[1].size\"");
  says(manifest_example(), "/layers/1/size", 1.5, "\"layers[1].size\"");
  says(manifest_example(), "/layers/0/digest", "sha256:../../../../etc/passwd", "\"layers[0].digest\" is no digest");
  says(manifest_example(), "/layers/0/digest", "sha512:" + std::string(128, 'a'), "another algorithm than sha256");
  says(manifest_example(), "/annotations/com.example.key1", 1, "com.example.key1");
}

TEST(OciDocuments, DigestsHaveOneForm) {
  EXPECT_TRUE(is_digest(kDigest));
  for (const std::string& text : {std::string(), std::string("sha256:"), kDigest + "0", kDigest.substr(0, 70), "SHA256" + kDigest.substr(6), "sha256:" + std::string(63, 'a') + "A", "sha256:" + std::string(63, 'a') + "/"}) {
    EXPECT_FALSE(is_digest(text)) << text;
  }
}

TEST(OciDocuments, ATooLongListIsRefused) {
  json manifest = manifest_example();
  manifest["layers"] = std::vector<json>(kMostLayers + 1, descriptor(std::string(kLayerType)));
  const auto read = parse_manifest(manifest.dump(), "it");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::too_large);
}

TEST(OciDocuments, AnIndexGainsAManifestAndKeepsAllElse) {
  json index = index_example();
  index["manifests"][1]["annotations"] = {{kReferenceName, "one"}};
  index["manifests"][1]["urls"] = {"https://example.com"};
  index["unknown"] = {1, 2.5, nullptr, "\u00fc"};
  Descriptor added;
  added.media_type = kManifestType;
  added.digest = kDigest;
  added.size = 3;
  added.annotations = {{std::string(kReferenceName), "two"}};
  const auto text = with_manifest(index.dump(), added, "it");
  ASSERT_TRUE(text) << text.error().message;
  json expected = index;
  json described = descriptor(std::string(kManifestType), kDigest, 3);
  described["annotations"] = {{kReferenceName, "two"}};
  expected["manifests"].push_back(described);
  EXPECT_EQ(json::parse(*text), expected);

  added.annotations = {{std::string(kReferenceName), "one"}};
  const auto replaced = with_manifest(*text, added, "it");
  ASSERT_TRUE(replaced) << replaced.error().message;
  std::vector<std::string> names;
  const json read = json::parse(*replaced);
  for (const json& manifest : read["manifests"]) names.push_back(manifest.value("annotations", json::object()).value(std::string(kReferenceName), ""));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"", "one", "two"}));
}

}  // namespace
}  // namespace rootlet::oci
