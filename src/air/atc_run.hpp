#pragma once
// What composing and running calls of ATC share.

#include <airloom/air/gears_file.hpp>
#include <filesystem>
#include <string>

namespace airloom::air {

/// The files of weights that a model names, where ATC will look for them: from the folder of the model where
/// a Const names one (`location`), from the folder in which ATC is run where a FileConstant does
/// (`file_path`). Throws file_unreadable where one is not there.
std::map<std::string, std::filesystem::path> weights_files_for_atc(const graph& g,
                                                                   const std::filesystem::path& model);

/// Throws file_malformed where the inputs of the file are not those of the graph.
void check_same_inputs(const graph& g, const gears_file& file);

}  // namespace airloom::air
