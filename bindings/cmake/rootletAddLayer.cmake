#[=======================================================================[.rst:
rootletAddLayer
---------------

.. command:: rootlet_add_layer

  Adds a target that writes programs, and the files that must stand beside them, as a layer::

    rootlet_add_layer(<name> [ALL]
                      [TARGETS <target>...] [ENTRYPOINT <path>...]
                      [TAR <file> | DIR <directory> | OCI <directory>]
                      [INCLUDE <path|pattern>...] [EXCLUDE <pattern>...]
                      [ROOT <directory>] [RULES <file>...]
                      [OPTIONS <option>...] [DEPENDS <target|file>...])

  The layer is written again when, and only when, a file of it has changed, or one of ``RULES`` and ``DEPENDS``, this command's
  arguments, or rootlet itself. Files that are new beside those of the layer are not noticed.

  ``ALL``
    The layer belongs to the default build.

  ``TARGETS``
    Executables, shared libraries and modules of the project (or imported ones) that the layer is for. Each has in the layer
    the path that it has inside ``ROOT``.

  ``ENTRYPOINT``
    Further entries: absolute paths inside ``ROOT``. ``TARGETS`` or ``ENTRYPOINT`` must name something. An image starts the first
    of ``ENTRYPOINT``, and where there is none the first of ``TARGETS``.

  ``TAR``, ``DIR``, ``OCI``
    What is written: a tar, by default ``<name>.tar``, a directory, or an OCI image layout with one image, which ``OPTIONS`` can
    describe (``--tag``, ``--user``, ``--label`` and so on). Relative paths start at ``CMAKE_CURRENT_BINARY_DIR``. A directory and a
    layout must lie below it, since they are removed each time before they are written. With a generator of several configurations
    ``$<CONFIG>/`` is put before the last component, unless the path holds a generator expression.

  ``INCLUDE``, ``EXCLUDE``
    What else to carry along, and what to leave out, as for ``rootlet build``. What is included is absolute inside ``ROOT``.

  ``ROOT``
    The tree to look in, by default ``/``. A relative path starts at ``CMAKE_CURRENT_SOURCE_DIR``. ``TARGETS`` must lie in it.

  ``RULES``
    More rules: TOML files. Relative paths start at ``CMAKE_CURRENT_SOURCE_DIR``.

  ``OPTIONS``
    Further options of ``rootlet build``, such as ``--locale de_DE.UTF-8``.

  ``DEPENDS``
    What must be built before, beyond ``TARGETS`` and what they link to: plugins, generated files.

  The target's property ``ROOTLET_LAYER`` is the path of the layer.

  For example::

    find_package(rootlet CONFIG REQUIRED COMPONENTS command)
    add_executable(server server.c)
    rootlet_add_layer(server-layer ALL TARGETS server TAR server.tar
                      INCLUDE ${CMAKE_CURRENT_SOURCE_DIR}/server.conf OPTIONS --timezone Europe/Berlin)
#]=======================================================================]

include_guard(GLOBAL)
cmake_policy(PUSH)
cmake_policy(VERSION 3.16...3.25)  # CMP0116 among them: paths in a depfile

# The functions below read the arguments of rootlet_add_layer(), as arg_KEYWORD.

function(_rootlet_layer_check)
  if(CMAKE_VERSION VERSION_LESS 3.24)
    message(FATAL_ERROR "${error} CMake 3.24 is needed, this is ${CMAKE_VERSION}")
  elseif(TARGET ${name})
    message(FATAL_ERROR "${error} there is a target of that name")
  elseif(DEFINED arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${error} \"${arg_UNPARSED_ARGUMENTS}\" belongs to no keyword")
  elseif(arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${error} nothing follows ${arg_KEYWORDS_MISSING_VALUES}")
  elseif((DEFINED arg_TAR AND DEFINED arg_DIR) OR (DEFINED arg_OCI AND (DEFINED arg_TAR OR DEFINED arg_DIR)))
    message(FATAL_ERROR "${error} give one of TAR, DIR and OCI")
  elseif(NOT DEFINED arg_TARGETS AND NOT DEFINED arg_ENTRYPOINT)
    message(FATAL_ERROR "${error} TARGETS or ENTRYPOINT must say what the layer is for")
  endif()
  foreach(keyword ENTRYPOINT INCLUDE)
    foreach(path IN LISTS arg_${keyword})
      if(NOT path MATCHES "^(/|[$]<)")
        message(FATAL_ERROR "${error} ${keyword}: \"${path}\" is not an absolute path inside the root")
      endif()
    endforeach()
  endforeach()
  foreach(option IN LISTS arg_OPTIONS)
    if(option MATCHES "^--(root|dir|tar|oci|oci-archive|docker-archive|depfile|depfile-target|include|exclude|rules)(=|$)")
      message(FATAL_ERROR "${error} OPTIONS: --${CMAKE_MATCH_1} is not for there; it follows from the other arguments")
    endif()
  endforeach()
endfunction()

# The options and entries of the command, and what it depends on: `arguments`, `depends`.
function(_rootlet_layer_arguments)
  set(root /)
  if(DEFINED arg_ROOT)
    cmake_path(ABSOLUTE_PATH arg_ROOT NORMALIZE OUTPUT_VARIABLE root)
    string(REGEX REPLACE "(.)/$" "\\1" root "${root}")
  endif()
  set(arguments --root "${root}")
  set(depends "$<TARGET_FILE:rootlet::command>")
  foreach(path IN LISTS arg_INCLUDE)
    list(APPEND arguments --include "${path}")
  endforeach()
  foreach(pattern IN LISTS arg_EXCLUDE)
    list(APPEND arguments --exclude "${pattern}")
  endforeach()
  foreach(path IN LISTS arg_RULES)
    cmake_path(ABSOLUTE_PATH path)
    list(APPEND arguments --rules "${path}")
    list(APPEND depends "${path}")
  endforeach()
  list(APPEND arguments ${arg_OPTIONS})
  foreach(target IN LISTS arg_TARGETS)
    if(NOT TARGET ${target})
      message(FATAL_ERROR "${error} TARGETS: there is no target \"${target}\" yet")
    endif()
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)$")
      message(FATAL_ERROR "${error} TARGETS: ${target} is no executable, shared library or module, but of type ${type}")
    endif()
    set(file "$<TARGET_FILE:${target}>")
    list(APPEND depends "${file}")
    if(NOT root STREQUAL "/")
      # One that lies elsewhere keeps its name, which is then said not to be there.
      set(file "$<IF:$<PATH:IS_PREFIX,NORMALIZE,${root},${file}>,/$<PATH:RELATIVE_PATH,${file},${root}>,${file}>")
    endif()
    list(APPEND arguments "${file}")
  endforeach()
  list(APPEND arguments ${arg_ENTRYPOINT})
  if(DEFINED arg_OCI AND DEFINED arg_ENTRYPOINT AND NOT arg_OPTIONS MATCHES "--entrypoint")
    list(GET arg_ENTRYPOINT 0 first)
    list(PREPEND arguments --entrypoint "${first}")
  endif()
  set(arguments "${arguments}" PARENT_SCOPE)
  set(depends "${depends};${arg_DEPENDS}" PARENT_SCOPE)
endfunction()

# Where the layer goes, and where what belongs to the build of it: `layer`, `parent`, `scratch`.
function(_rootlet_layer_places)
  set(layer "${name}.tar")
  if(DEFINED arg_TAR)
    set(layer "${arg_TAR}")
  elseif(DEFINED arg_DIR)
    set(layer "${arg_DIR}")
  elseif(DEFINED arg_OCI)
    set(layer "${arg_OCI}")
  endif()
  cmake_path(ABSOLUTE_PATH layer BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
  string(REGEX REPLACE "/$" "" layer "${layer}")
  if(DEFINED arg_DIR OR DEFINED arg_OCI)
    cmake_path(IS_PREFIX CMAKE_CURRENT_BINARY_DIR "${layer}" inside)
    if(NOT inside OR layer STREQUAL CMAKE_CURRENT_BINARY_DIR OR "${layer}/" MATCHES "/CMakeFiles/" OR EXISTS "${layer}/CMakeFiles")
      message(FATAL_ERROR "${error} ${layer} is removed before it is written; name a directory below ${CMAKE_CURRENT_BINARY_DIR} that nothing else uses")
    endif()
  endif()
  set(scratch "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir")
  get_property(several GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(several)
    string(APPEND scratch "/$<CONFIG>")
    if(NOT layer MATCHES "[$]<")
      string(REGEX REPLACE "/([^/]+)$" "/$<CONFIG>/\\1" layer "${layer}")
    endif()
  endif()
  string(REGEX REPLACE "/[^/]*$" "" parent "${layer}")
  set(layer "${layer}" PARENT_SCOPE)
  set(parent "${parent}" PARENT_SCOPE)
  set(scratch "${scratch}" PARENT_SCOPE)
endfunction()

function(rootlet_add_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALL" "TAR;DIR;OCI;ROOT" "TARGETS;ENTRYPOINT;INCLUDE;EXCLUDE;RULES;OPTIONS;DEPENDS")
  set(error "rootlet_add_layer(${name}):")
  _rootlet_layer_check()
  _rootlet_layer_arguments()
  _rootlet_layer_places()

  set(output "${layer}")
  set(form --tar)
  set(before "")
  set(after "")
  if(DEFINED arg_DIR OR DEFINED arg_OCI)
    # Its time is the layer's own, so a file elsewhere says when it was written.
    set(output "${scratch}/layer.stamp")
    set(form --dir)
    if(DEFINED arg_OCI)
      set(form --oci)
    endif()
    set(before COMMAND "${CMAKE_COMMAND}" -E rm -rf "${layer}" "${output}")
    set(after COMMAND "${CMAKE_COMMAND}" -E touch "${output}")
    set_property(DIRECTORY APPEND PROPERTY ADDITIONAL_CLEAN_FILES "${layer}")
  endif()

  # make does not notice by itself that a command is another.
  list(JOIN arguments "\n" words)
  file(GENERATE OUTPUT "${scratch}/layer.arguments" CONTENT "${form}\n${layer}\n${words}\n")

  add_custom_command(
    OUTPUT "${output}"
    ${before}
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${parent}" "${scratch}"
    COMMAND rootlet::command build ${form} "${layer}" --depfile "${scratch}/layer.d" --depfile-target "${output}" ${arguments}
    ${after}
    DEPENDS ${depends} "${scratch}/layer.arguments"
    DEPFILE "${scratch}/layer.d"
    COMMENT "Layer ${name}"
    VERBATIM)
  set(all "")
  if(arg_ALL)
    set(all ALL)
  endif()
  add_custom_target(${name} ${all} DEPENDS "${output}")
  set_target_properties(${name} PROPERTIES ROOTLET_LAYER "${layer}")
endfunction()

cmake_policy(POP)
