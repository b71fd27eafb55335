#pragma once
// A program in ATC's place: it keeps what it was given, prints what ATC prints, and leaves an offline model.

#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace test {

/// Writes the stand-in as <folder>/atc, a shell script that first does `before`. The words of each call are
/// appended to <folder>/calls, one a line, with a line "--" after each call.
inline std::string write_stand_in_atc(const std::string& folder, const std::string& before = "") {
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/atc";
  std::ofstream{path}
      << "#!/bin/sh\n"
      << "{ for word; do printf '%s\\n' \"$word\"; done; echo --; } >> '" << folder << "/calls'\n"
      << "echo 'ATC start working now, please wait for a moment.'\n"
      << before << "\n"
      << "for word; do case $word in --output=*) printf model > \"${word#--output=}.om\" ;; esac; done\n"
      << "echo 'ATC run success, welcome to the next use.'\n";
  ::chmod(path.c_str(), 0755);
  return path;
}

/// What the stand-in in this folder was given, call by call.
inline std::vector<std::vector<std::string>> calls_of_stand_in(const std::string& folder) {
  std::vector<std::vector<std::string>> calls(1);
  std::ifstream file{folder + "/calls"};
  for (std::string line; std::getline(file, line);)
    if (line == "--")
      calls.emplace_back();
    else
      calls.back().push_back(line);
  calls.pop_back();
  return calls;
}

}  // namespace test
