#pragma once
// The model files among the test data, and their messages.

#include <google/protobuf/util/message_differencer.h>
#include <airloom/air/load.hpp>
#include <airloom/air/save.hpp>
#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "air/airloom_ir.pb.h"
#include "support/data.hpp"

namespace test {

namespace fs = std::filesystem;

/// All files below `folder` whose name ends so, sorted.
inline std::vector<fs::path> files_below(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file() && entry.path().string().ends_with(ending)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// What GE's own writer made (form A).
inline std::vector<fs::path> files_of_ge() {
  return files_below(data() / "ge", ".air");
}
/// What GE made of TorchAir's graphs (form A).
inline std::vector<fs::path> files_of_torchair() {
  return files_below(data() / "torchair", ".air");
}
/// What TorchAir's Python handed to GE (form P).
inline std::vector<fs::path> graphs_of_torchair() {
  return files_below(data() / "torchair", ".pb");
}
inline std::vector<fs::path> all_files() {
  std::vector<fs::path> all = files_of_ge();
  for (const auto& more : {files_of_torchair(), graphs_of_torchair()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// The file that GE made of a graph of TorchAir's: export_rank1.air beside P_rank1.pb.
inline fs::path saved_by_ge(const fs::path& graph_of_torchair) {
  const std::string name = graph_of_torchair.stem().string();
  return graph_of_torchair.parent_path() / ("export" + name.substr(1) + ".air");
}

inline std::string content_of(const fs::path& path) {
  const std::ifstream file{path, std::ios::binary};
  std::stringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

inline nlohmann::json json_of(const fs::path& path) {
  return nlohmann::json::parse(content_of(path));
}

/// The number of the error that the call ends with; "none" where it ends well.
inline std::string code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const airloom::error& e) {
    return std::to_string(static_cast<int>(e.code()));
  }
  return "none";
}

/// Like load(), but every weight that lies elsewhere is only named.
inline airloom::graph load_alone(const fs::path& path) {
  return airloom::air::load(path, {.weights_folder = {}, .read_weights = false});
}

inline std::string saved(const airloom::graph& g) {
  std::ostringstream out;
  airloom::air::save(g, out);
  return std::move(out).str();
}

inline airloom::graph parse_text(std::string_view bytes) {
  return airloom::air::parse(airloom::blob::copy_of(std::as_bytes(std::span{bytes})), {{}, false});
}

inline airloom::ir::ModelDef message_of(const std::string& bytes) {
  airloom::ir::ModelDef message;
  if (!message.ParseFromString(bytes)) throw std::runtime_error{"not a message"};
  return message;
}

/// How two messages differ; empty where they are equal, with maps as maps.
inline std::string difference(const google::protobuf::Message& left, const google::protobuf::Message& right) {
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(left, right)) return {};
  return report.substr(0, 1000);
}

}  // namespace test
