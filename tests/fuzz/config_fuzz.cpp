#include "data/config.hpp"
#include "data/names.hpp"
#include "fuzz/target.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::as_text(data, size));
  MemoryTree tree;
  tree.file("/etc/app.conf", text).file("/etc/app.d/a.conf", text).symlink("/etc/app.d/b.conf", "../app.conf").file("/etc/shadow", "x").file("/etc/passwd", text)
      .file("/etc/group", text).file("/etc/nsswitch.conf", text).file("/usr/lib/app/one.so", "").file("/root/secret", "");
  Root root = Root::in_memory(std::move(tree));
  PackageDatabase packages(root);
  data::Safety safety(root, packages);
  data::Taker taker(root, safety);
  data::ConfigFollower follower(root, taker, packages);
  data::Needs needs;
  data::Taking taking{needs, data::Origin::rule, "fuzz", data::Safety::Asker::rule};
  follower.follow(taking, "/etc/app.conf", {"/usr/lib/app"});
  data::NameServices names(root, taker);
  for (const char* database : {"passwd", "group", "hosts"}) names.database(taking, database, data::CLibrary::glibc);
  for (const data::Need& need : needs) {
    if (need.kind == data::Need::finding || need.kind == data::Need::generated || need.kind == data::Need::library) continue;
    const Node* node = root.walk(need.path).node;
    fuzz::require(node != nullptr, "what is taken is there");
    if (!node->is_file()) continue;  // an empty directory gives nothing away
    fuzz::require(!node->path().starts_with("/root") && node->path() != "/etc/shadow", "no secret is taken");
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {"include /etc/app.d/*.conf\nplugin one.so\n# /etc/x\nkey=/root/secret;\"/etc/shadow\"\ninclude /etc/app.conf\n", "root:x:0:0:root:/root:/bin/sh\nwww:y:33:33:w:/:/bin/false\n",
          "root:x:0:a,b\nadm:x:4:root\n", "passwd: files [NOTFOUND=return] db\nhosts: files dns # x\n", "@include app.d/a.conf\n&include \"/etc/app.d\"\ndir = /etc/app.d:/usr\n"};
}
