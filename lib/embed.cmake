# Writes OUT, a C++ file that holds the files INPUTS as they are and gives them by FUNCTION of NAMESPACE, as HEADER
# declares it. Run with cmake -P.
set(code "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n\n")
set(table "")
set(index 0)
list(SORT INPUTS)
foreach(file IN LISTS INPUTS)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  get_filename_component(name "${file}" NAME)
  string(APPEND code "constexpr unsigned char kFile${index}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", {reinterpret_cast<const char*>(kFile${index}), sizeof kFile${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND code "\nconst EmbeddedFile kFiles[] = {\n${table}};\n\n}  // namespace\n\n"
                   "std::span<const EmbeddedFile> ${FUNCTION}() { return kFiles; }\n\n}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUT}" "${code}")
