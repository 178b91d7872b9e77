# pawl_embed_files(VARIABLE TEMPLATE PATTERN DELIMITER)
#
# Makes text files part of a binary: each file that matches PATTERN becomes an entry {"name without suffix",
# R"DELIMITER(text)DELIMITER"} of a C++ list, in the order of the names. The list replaces @VARIABLE@ in TEMPLATE.cc.in,
# which gives TEMPLATE.cc in the build folder. A changed, new or removed file configures the build again.
function(pawl_embed_files variable template pattern delimiter)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${pattern})
  list(SORT files)
  set(${variable} "")
  foreach(path ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    get_filename_component(name ${path} NAME_WE)
    file(READ ${path} text)
    string(APPEND ${variable} "    {\"${name}\", R\"${delimiter}(${text})${delimiter}\"},\n")
  endforeach()
  configure_file(${template}.cc.in ${CMAKE_CURRENT_BINARY_DIR}/${template}.cc @ONLY)
endfunction()
