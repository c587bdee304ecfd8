#include "data/scripts/python_tables.hpp"

#include <algorithm>
#include <utility>

namespace rootlet::scripts {
namespace {

constexpr PythonDeferred kDeferred[] = {
    // help(), the interactive console, site's own notes.
    {"_sitebuiltins", "pydoc", ""},
    {"site", "readline", ""},
    {"site", "rlcompleter", ""},
    {"site", "sysconfig", ""},
    {"site", "textwrap", ""},
    {"site", "traceback", ""},
    {"pdb", "pydoc", ""},
    {"code", "readline", "interact"},
    {"cmd", "readline", "cmdloop"},
    // setuptools' replacement of distutils gives way where setuptools is not there.
    {"_distutils_hack", "setuptools", ""},
    {"_distutils_hack", "setuptools._distutils", ""},
    {"_distutils_hack", "setuptools._distutils.core", ""},
    {"_distutils_hack", "distutils.core", ""},
    {"_distutils_hack", "distutils", ""},
    {"_distutils_hack", "traceback", ""},
    {"_distutils_hack", "importlib.abc", ""},
    {"_distutils_hack", "importlib.util", ""},
    // Tests and development.
    {"multiprocessing.util", "test", ""},
    {"multiprocessing.util", "test.support", ""},
    {"unittest", "unittest.async_case", "IsolatedAsyncioTestCase"},
    {"ast", "inspect", "get_docstring"},
    {"random", "statistics", ""},
    {"zipfile", "py_compile", "PyZipFile"},
    {"sysconfig", "pprint", ""},
    {"sysconfig", "_osx_support", ""},
    {"sysconfig", "_aix_support", ""},
    // Parts of a module that few of its users need.
    {"os", "subprocess", "popen", true},
    {"posixpath", "re", "expandvars"},
    {"ntpath", "string", ""},
    {"functools", "typing", "singledispatch"},
    {"functools", "typing", "singledispatchmethod"},
    {"shutil", "tarfile", "make_archive"},
    {"shutil", "tarfile", "unpack_archive"},
    {"shutil", "zipfile", "make_archive"},
    {"shutil", "zipfile", "unpack_archive"},
    {"platform", "subprocess", "processor"},
    {"platform", "plistlib", "mac_ver"},
    {"platform", "socket", ""},
    {"uuid", "subprocess", "getnode"},
    {"uuid", "subprocess", "uuid1"},
    {"uuid", "shutil", "getnode"},
    {"uuid", "shutil", "uuid1"},
    {"uuid", "socket", "getnode"},
    {"uuid", "socket", "uuid1"},
    {"concurrent.futures", "concurrent.futures.process", "ProcessPoolExecutor"},
    {"multiprocessing.connection", "xmlrpc.client", "XmlListener", true},
    {"multiprocessing.connection", "xmlrpc.client", "XmlClient", true},
    {"multiprocessing.context", "multiprocessing.popen_spawn_win32", ""},
    {"urllib.request", "http.cookiejar", "HTTPCookieProcessor"},
    {"warnings", "tracemalloc", "tracemalloc"},
    {"warnings", "traceback", ""},
    {"warnings", "linecache", "warn", true},
    {"warnings", "re", "filterwarnings"},
    {"traceback", "ast", ""},
    {"importlib", "warnings", ""},
    {"importlib._bootstrap_external", "importlib.metadata", ""},
    {"importlib._bootstrap_external", "importlib.readers", "resources"},
    {"importlib._bootstrap_external", "tokenize", ""},
    {"zipimport", "importlib.readers", "resources"},
    {"logging", "pickle", ""},
    {"copyreg", "functools", ""},
};

constexpr PythonHidden kHidden[] = {
    {"socket", "encodings.idna"},  // getaddrinfo encodes host names: Modules/socketmodule.c
    {"encodings.idna", "stringprep unicodedata"},
    {"sysconfig", "_sysconfigdata_*"},
    {"dbm", "dbm.gnu dbm.ndbm dbm.dumb dbm.sqlite3"},
    {"xml.sax", "xml.sax.expatreader"},
    {"xml.dom", "xml.dom.domreg"},
    {"xml.dom.domreg", "xml.dom.minidom"},
    {"xml.etree.ElementTree", "xml.etree.ElementPath copy"},
    {"_elementtree", "copy xml.etree.ElementPath"},
    {"sqlite3", "sqlite3.dump"},
    {"importlib.resources", "importlib.readers"},
    {"lib2to3.pygram", "./Grammar.txt ./PatternGrammar.txt"},
    {"pickle", "copyreg _compat_pickle"},
    {"_pickle", "copyreg _compat_pickle"},
    {"zoneinfo", "zoneinfo._common zoneinfo._tzpath tzdata datetime"},
    {"ctypes", "ctypes._endian struct"},
    {"decimal", "numbers collections"},
    {"array", "collections.abc"},
    {"setuptools", "./_distutils/*.py ./_distutils/command/*.py"},  // stands in for distutils from then on
};

constexpr PythonAlias kAliases[] = {
    {"pkg_resources.extern", "pkg_resources._vendor"},
    {"setuptools.extern", "setuptools._vendor"},
    {"six.moves", ""},
    {"pip._vendor.six.moves", ""},
    {"urllib3.packages.six.moves", ""},
};

constexpr std::pair<std::string_view, std::string_view> kMoved[] = {
    {"BaseHTTPServer", "http.server"},      {"CGIHTTPServer", "http.server"},
    {"SimpleHTTPServer", "http.server"},    {"cPickle", "pickle"},
    {"cStringIO", "io"},                    {"StringIO", "io"},
    {"html_entities", "html.entities"},     {"html_parser", "html.parser"},
    {"http_client", "http.client"},         {"http_cookiejar", "http.cookiejar"},
    {"http_cookies", "http.cookies"},       {"email_mime_base", "email.mime.base"},
    {"email_mime_image", "email.mime.image"}, {"email_mime_multipart", "email.mime.multipart"},
    {"email_mime_text", "email.mime.text"}, {"email_mime_nonmultipart", "email.mime.nonmultipart"},
    {"dbm_gnu", "dbm.gnu"},                 {"dbm_ndbm", "dbm.ndbm"},
    {"urllib_parse", "urllib.parse"},       {"urllib_error", "urllib.error"},
    {"urllib_request", "urllib.request"},   {"urllib_robotparser", "urllib.robotparser"},
    {"xmlrpc_client", "xmlrpc.client"},     {"xmlrpc_server", "xmlrpc.server"},
    {"shlex_quote", "shlex"},               {"reload_module", "importlib"},
};

// Sorted.
constexpr std::string_view kBuiltin[] = {
    "_abc",     "_ast",    "_codecs",  "_collections", "_functools", "_imp",         "_io",       "_locale",
    "_operator", "_signal", "_sre",     "_stat",        "_string",    "_symtable",    "_thread",   "_tokenize",
    "_tracemalloc", "_warnings", "_weakref", "atexit",  "builtins",   "errno",        "faulthandler", "gc",
    "itertools", "marshal", "posix",    "pwd",          "sys",        "time",
};
static_assert(std::is_sorted(std::begin(kBuiltin), std::end(kBuiltin)));

constexpr std::string_view kStartup[] = {
    "encodings",   "encodings.aliases", "encodings.utf_8", "encodings.latin_1", "encodings.ascii",      "codecs",
    "io",          "abc",               "site",            "os",                "stat",                 "posixpath",
    "genericpath", "_collections_abc",  "_sitebuiltins",   "sitecustomize",     "usercustomize",        "zipimport",
    "importlib._bootstrap", "importlib._bootstrap_external",
};

}  // namespace

std::span<const PythonDeferred> python_deferred() { return kDeferred; }
std::span<const PythonHidden> python_hidden() { return kHidden; }
std::span<const PythonAlias> python_aliases() { return kAliases; }
std::span<const std::string_view> python_startup() { return kStartup; }

std::string_view python_moved(std::string_view name) {
  for (const auto& [moved, module] : kMoved) {
    if (moved == name) return module;
  }
  return name;
}

bool is_python_builtin(std::string_view module) {
  return std::binary_search(std::begin(kBuiltin), std::end(kBuiltin), module);
}

const std::set<std::string_view>& python_watched() {
  static const std::set<std::string_view> watched = [] {
    std::set<std::string_view> names = {"strptime"};
    for (const PythonDeferred& each : kDeferred) {
      if (!each.trigger.empty()) names.insert(each.trigger);
    }
    return names;
  }();
  return watched;
}

}  // namespace rootlet::scripts
