# awk -v folder=FOLDER -f extract.awk FILE.md: writes a source file to FOLDER for every ```cpp block of the document,
# named <line>.accept.cpp or <line>.refuse.cpp by what the compiler must do with it. An HTML comment before the block
# says what it is:
#   (no comment)            a whole source file
#   <!-- declarations -->   declarations, after #include <airloom/airloom.hpp> and the declarations before them
#   <!-- fragment -->       statements of a function, after the same
#   <!-- refuse: WORDS -->  a whole source file that must not compile, with WORDS (grep -E) in the error's first line
# A block that another comment asks to skip is written as <line>.skip.cpp: everything that a reader may copy compiles.

function open_block(line) {
  in_block = 1
  is_cpp = line ~ /^```(cpp|c\+\+)[ \t]*$/
  first_line = FNR + 1
  text = ""
}

function close_block(  verdict, numbered) {
  in_block = 0
  if (!is_cpp) return
  verdict = kind ~ /^(refuse|skip)$/ ? kind : "accept"
  numbered = sprintf("#line %d \"%s\"\n%s", first_line, FILENAME, text)
  if (kind == "refuse") numbered = "// expect: " words "\n" numbered
  if (kind == "declarations") numbered = declared = (declared == "" ? prelude : declared) numbered
  if (kind == "fragment") numbered = (declared == "" ? prelude : declared) "void fragment() {\n" numbered "}\n"
  printf "%s", numbered > sprintf("%s/%d.%s.cpp", folder, first_line, verdict)
  kind = "program"
}

BEGIN {
  kind = "program"
  prelude = "#include <airloom/airloom.hpp>\n\nnamespace al = airloom;\n"
}
/^```/ && in_block { close_block(); next }
/^```/ { open_block($0); next }
in_block { text = text $0 "\n"; next }
/^<!-- (declarations|fragment) -->$/ { kind = $2; next }
/^<!-- refuse: .* -->$/ { kind = "refuse"; words = substr($0, 14, length($0) - 17); next }
/^<!-- skip/ { kind = "skip"; next }
/[^ \t]/ { kind = "program" }
