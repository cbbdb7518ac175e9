# cmake -DOUT=assets.c -DHEADER=... "-DFILES=symbol=path|symbol=path" -P embed.cmake
# Writes C source in which each symbol is the file's text, ended by 0.
string(REPLACE "|" ";" files "${FILES}")
set(text "#include \"${HEADER}\"\n")
foreach(file IN LISTS files)
  string(REGEX MATCH "^([^=]+)=(.*)$" whole "${file}")
  set(symbol "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "\nconst char ${symbol}[] = {${bytes}0x00};\n")
endforeach()
file(WRITE "${OUT}" "${text}")
