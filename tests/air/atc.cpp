#include <airloom/air/atc.hpp>

#include <doctest/doctest.h>
#include <signal.h>
#include <airloom/air/export.hpp>
#include <airloom/air/gears_file.hpp>
#include <airloom/graph/graph.hpp>
#include <thread>

#include "files.hpp"
#include "sha256.hpp"
#include "support/graphs.hpp"
#include "support/stand_in_atc.hpp"
#include "support/temporary_folder.hpp"

using airloom::error_code;
using airloom::extent;
using namespace std::chrono_literals;
namespace air = airloom::air;

namespace {

using words = std::vector<std::string>;

void write(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
  std::ofstream{path} << content;
}

/// A folder with a model, and a stand-in for ATC in the folder "bin" below it.
struct workshop {
  explicit workshop(const std::string& before = "") : atc{test::write_stand_in_atc(folder / "bin", before)} {
    save(folder / "model.air", {extent{4}, 16});
  }

  static airloom::graph model(std::initializer_list<extent> dims) {
    test::graph_builder b;
    const int x = b.input("x y", airloom::f32, test::shape(dims));
    b.result({b.node("Relu", {x})});
    return b.g;
  }
  static void save(const std::string& path, std::initializer_list<extent> dims) {
    air::save(model(dims), path);
  }
  /// A model of three gears and the file that says them.
  void save_gears(const std::vector<std::string>& models = {}) const {
    airloom::graph g = model({extent::of_axis(0), 16});
    g.gears = {{"batch"}, {1, 4, 8}, 3};
    air::save(g, folder / "model.air");
    write(folder / "model.gears.json", *air::gears_text(g, models));
  }

  air::atc_options options() const {
    return {folder / "model.air", folder / "out/model", "Ascend910B1", {}, atc};
  }
  air::atc_result run(const air::atc_limits& limits = {}) const {
    return air::run_atc(air::atc_calls(options()).at(0), limits);
  }
  std::vector<words> calls() const { return test::calls_of_stand_in(folder / "bin"); }
  bool is_there(const std::string& name) const { return std::filesystem::exists(folder / name); }

  test::temporary_folder folder;
  std::string atc;
};

airloom::error refusal_of(auto call) {
  try {
    call();
  } catch (const airloom::error& refused) {
    return refused;
  }
  return {error_code::internal, "no error", ""};
}

/// The environment variable for one test.
class variable {
 public:
  variable(const char* name, const std::string& value) : name_{name} {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~variable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("a static model is compiled as it is: the words, as the program gets them") {
  const workshop w;
  const words expected{"--mode=0", "--framework=1", "--model=" + (w.folder / "model.air"),
                       "--output=" + (w.folder / "out/model"), "--soc_version=Ascend910B1"};
  const air::atc_result result = w.run();
  CHECK(w.calls() == std::vector<words>{expected});
  CHECK(result.offline_model == w.folder / "out/model.om");
  CHECK(!result.cached);
  CHECK(test::content_of(result.log) ==
        "ATC start working now, please wait for a moment.\nATC run success, welcome to the next use.\n");
}

TEST_CASE("gears go along in ATC's words, one argument each, with no shell between") {
  const workshop w;
  w.save_gears();
  air::atc_options options = w.options();
  options.arguments = {"--log=error", "--op_debug_config=a 'b' $HOME;c"};
  air::run_atc(air::atc_calls(options).at(0));
  const words given = w.calls().at(0);
  CHECK(words{given.begin() + 5, given.end()} == words{"--input_format=ND", "--input_shape=x y:-1,16",
                                                       "--dynamic_dims=1;4;8", "--log=error",
                                                       "--op_debug_config=a 'b' $HOME;c"});
}

TEST_CASE("sizes that no gear decides are compiled for any size") {
  const workshop w;
  workshop::save(w.folder / "model.air", {extent::unknown(), 16});
  CHECK(air::atc_calls(w.options()).at(0).words.back() == "--input_shape=x y:-1,16");
}

TEST_CASE("where there is a static model a gear, each is compiled under its name") {
  const workshop w;
  w.save_gears({"gears/0_1/model.air", "gears/1_4/model.air", "gears/2_8/model.air"});
  for (const char* gear : {"0_1", "1_4", "2_8"}) {
    std::filesystem::create_directories(w.folder / "gears/" + gear);
    workshop::save(w.folder / "gears/" + gear + "/model.air", {extent{4}, 16});
  }
  for (const air::atc_call& call : air::atc_calls(w.options())) air::run_atc(call);
  const std::vector<words> calls = w.calls();
  REQUIRE(calls.size() == 3);
  for (const words& call : calls) CHECK(call.size() == 5);
  CHECK(calls[2][2] == "--model=" + (w.folder / "gears/2_8/model.air"));
  CHECK(calls[2][3] == "--output=" + (w.folder / "out/model_2_8"));
  for (const char* made : {"out/model_0_1.om", "out/model_1_4.om", "out/model_2_8.om"})
    CHECK(w.is_there(made));
}

TEST_CASE("a line for a shell gives the shell the same words") {
  CHECK(air::shell_line({"atc", "--model=a-b/c.air", "--input_shape=x:-1,16;y:"}) ==
        "atc --model=a-b/c.air '--input_shape=x:-1,16;y:'");
  const workshop w;
  const words tricky{w.atc, "", "it's", "a b", "$HOME", "`x`", "\"", "*", "~", "\\", "#", "a\nb", "=&|<>()"};
  REQUIRE(std::system(air::shell_line(tricky).c_str()) == 0);
  std::string joined, given;
  for (std::size_t i = 1; i != tricky.size(); ++i) joined += tricky[i] + "\n";
  const words first_call = w.calls().at(0);
  for (const std::string& word : first_call) given += word + "\n";
  CHECK(given == joined);
}

TEST_CASE(
    "a second call with the same model and arguments does not run ATC; whatever changes, it runs again") {
  const workshop w;
  w.run();
  CHECK(w.run().cached);
  CHECK(w.calls().size() == 1);

  workshop::save(w.folder / "model.air", {extent{8}, 16});
  CHECK(!w.run().cached);
  air::atc_options other = w.options();
  other.soc_version = "Ascend310P3";
  CHECK(!air::run_atc(air::atc_calls(other).at(0)).cached);
  CHECK(!w.run().cached);
  write(w.folder / "out/model.om", "something else");
  CHECK(!w.run().cached);
  std::filesystem::remove(w.folder / "out/model.om");
  CHECK(!w.run().cached);
  write(w.folder / "out/model.atc.json", "{");
  CHECK(!w.run().cached);
  CHECK(w.run().cached);
  test::write_stand_in_atc(w.folder / "bin", "# another release");
  CHECK(!w.run().cached);
}

TEST_CASE("weights outside the model belong to it, and are missed before ATC runs") {
  const workshop w;
  test::graph_builder b;
  const int x = b.input("x", airloom::f32, test::shape({2}));
  const int weight = b.node("FileConstant", {},
                            {{"shape", {std::vector<std::int64_t>{2}}},
                             {"dtype", {airloom::f32}},
                             {"file_path", {w.folder / "weight"}},
                             {"file_id", {std::string{}}}});
  b.result({b.node("Add", {x, weight})});
  air::save(b.g, w.folder / "model.air");
  CHECK(refusal_of([&] { air::atc_calls(w.options()); }).code() == error_code::file_unreadable);
  CHECK(w.calls().empty());
  write(w.folder / "weight", "12345678");
  w.run();
  CHECK(w.run().cached);
  write(w.folder / "weight", "12345679");
  CHECK(!w.run().cached);
}

namespace {

/// An export in the folder "export" of a workshop, with a weight in a file of its own and a static model a
/// gear.
struct exported {
  explicit exported(const workshop& w) : folder{w.folder / "export"} { write_again(); }

  void write_again() const {
    test::graph_builder b;
    const int x = b.input("x", airloom::f32, test::shape({extent::of_axis(0), 2}));
    const int weight = b.constant("weight", airloom::f32, test::shape({2}), std::vector{1.0F, 2.0F});
    b.result({b.node("Add", {x, weight})});
    b.g.gears = {{"batch"}, {1, 4}, 2};
    airloom::throw_first_error(airloom::infer(b.g));
    auto* contents = std::get_if<airloom::tensor_contents>(
        &b.g.nodes[static_cast<std::size_t>(weight)].attributes.at("value").value);
    contents->description.name = "weight";
    air::export_model(b.g, {.path = folder,
                            .name = "model",
                            .weights = {.place = air::weight_place::outside},
                            .sizes = {.static_models = true}});
  }
  /// Whether a call that makes the same offline model of one of its models is spared.
  bool is_cached(const workshop& w, const std::string& model) const {
    air::atc_options options = w.options();
    options.model = folder / model;
    std::vector<air::atc_call> calls = air::atc_calls(options);
    return air::run_atc(calls.at(0)).cached;
  }
  nlohmann::json record(const workshop& w) const {
    return nlohmann::json::parse(test::content_of(w.folder / "out/model.atc.json"))
        .at("made_of")
        .at("origin");
  }

  test::fs::path folder;
};

/// Another byte in a file, whose size and time stay.
void change_unseen(const test::fs::path& file) {
  const auto time = test::fs::last_write_time(file);
  std::string content = test::content_of(file);
  content.back() ^= 1;
  std::ofstream{file, std::ios::binary} << content;
  test::fs::last_write_time(file, time);
}

}  // namespace

TEST_CASE("an export is told by its manifest, as long as its files are what that lists") {
  const workshop w;
  const exported e{w};
  const std::string first = "gears/0_1/model.air", second = "gears/1_4/model.air";
  CHECK(!e.is_cached(w, first));
  const std::string manifest = test::content_of(e.folder / "manifest.json");
  CHECK(e.record(w) == nlohmann::json{{"manifest", airloom::sha256_of(std::as_bytes(std::span{manifest}))},
                                      {"model", first}});
  CHECK(e.is_cached(w, first));
  CHECK(!e.is_cached(w, second));
  CHECK(e.is_cached(w, second));
  e.write_again();
  CHECK(e.is_cached(w, second));

  change_unseen(e.folder / "weight");
  CHECK(!e.is_cached(w, second));
  CHECK(!e.record(w).contains("manifest"));
  CHECK(e.is_cached(w, second));
  change_unseen(e.folder / "weight");
  CHECK(!e.is_cached(w, second));
  CHECK(e.record(w).contains("manifest"));
}

TEST_CASE("where no manifest lists the model, it is told by its files") {
  const workshop w;
  const exported e{w};
  test::fs::remove(e.folder / "manifest.json");
  const std::string model = "gears/0_1/model.air";
  CHECK(!e.is_cached(w, model));
  CHECK(e.record(w).at("weights").size() == 1);
  for (const char* of_others : {"", "{}", "{\"files\": []}"}) {
    std::ofstream{e.folder / "manifest.json"} << of_others;
    CHECK(e.is_cached(w, model));
  }
}

TEST_CASE("a failure of ATC is told with its own reason, and leaves its log and no offline model") {
  const workshop w{
      "echo 'ATC run failed, Please check the detail log'; echo 'E10041: Failed to load the model.' >&2; "
      "printf half > \""
      "$(dirname \"$0\")/../out/model.om\"; exit 255"};
  const airloom::error failure = refusal_of([&] { w.run(); });
  CHECK(failure.code() == error_code::atc_failed);
  CHECK(failure.happened().find("255: 'E10041: Failed to load the model.'") != std::string::npos);
  CHECK(failure.remedy().find("model.atc.log") != std::string::npos);
  CHECK(test::content_of(w.folder / "out/model.atc.log").find("E10041") != std::string::npos);
  CHECK(!w.is_there("out/model.om"));
  CHECK(!w.is_there("out/model.atc.json"));
}

TEST_CASE("a failure leaves the offline model that was there before") {
  const workshop w;
  w.run();
  test::write_stand_in_atc(w.folder / "bin", "exit 1");
  CHECK(refusal_of([&] { w.run(); }).code() == error_code::atc_failed);
  CHECK(test::content_of(w.folder / "out/model.om") == "model");
}

TEST_CASE("ATC that makes nothing, is killed, or cannot start its own program has failed") {
  CHECK(refusal_of([] { workshop{"exit 0"}.run(); }).happened().find("there is no") != std::string::npos);
  CHECK(refusal_of([] { workshop{"kill -9 $$"}.run(); }).happened().find("signal 9") != std::string::npos);
  CHECK(refusal_of([] { workshop{"exit 127"}.run(); }).code() == error_code::environment);
  const workshop not_a_program;
  write(not_a_program.atc,
        "\x7F"
        "ELF, but not for this machine");
  CHECK(refusal_of([&] { not_a_program.run(); }).code() == error_code::environment);
}

TEST_CASE("after its time limit ATC is ended with all that it started") {
  const workshop w{"sh -c 'trap \"\" TERM; sleep 60' & echo $! > \"$(dirname \"$0\")/child\"; sleep 60"};
  const auto begin = std::chrono::steady_clock::now();
  CHECK(refusal_of([&] { w.run({300ms}); }).code() == error_code::time_is_up);
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
  const int child = std::stoi(test::content_of(w.folder / "bin/child"));
  for (int i = 0; i != 200 && ::kill(child, 0) == 0; ++i) {
    // A zombie that nobody has waited for yet is as good as gone.
    if (test::content_of("/proc/" + std::to_string(child) + "/stat").find(") Z ") != std::string::npos) break;
    std::this_thread::sleep_for(10ms);
    CHECK(i != 199);
  }
}

TEST_CASE("another thread can end ATC") {
  const workshop w{"sleep 60"};
  std::atomic<bool> cancel{false};
  std::thread other{[&] {
    std::this_thread::sleep_for(100ms);
    cancel = true;
  }};
  const airloom::error ended = refusal_of([&] { w.run({1h, &cancel}); });
  other.join();
  CHECK(ended.code() == error_code::atc_failed);
  CHECK(ended.happened().find("ended as it was asked for") != std::string::npos);
}

TEST_CASE("an offline model for one machine has that in its name") {
  const workshop w{
      "for word; do case $word in --output=*) printf model > \"${word#--output=}_linux_x86_64.om\";; esac; "
      "done; exit 0"};
  CHECK(w.run().offline_model == w.folder / "out/model_linux_x86_64.om");
  CHECK(w.run().cached);
}

TEST_CASE("ATC is looked for in PATH and where CANN is installed") {
  const workshop w;
  air::atc_options options = w.options();
  options.program.clear();
  {
    const variable path{"PATH", "/nowhere:" + (w.folder / "bin")};
    CHECK(air::find_atc() == w.atc);
    CHECK(air::atc_calls(options).at(0).words.front() == w.atc);
  }
  const variable path{"PATH", "/nowhere"};
  for (const char* home : {"ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"}) {
    const variable cann{home, w.folder.path()};
    CHECK(air::find_atc() == w.atc);
  }
  std::filesystem::create_directories(w.folder / "compiler/bin");
  std::filesystem::rename(w.atc, w.folder / "compiler/bin/atc");
  const variable cann{"ASCEND_TOOLKIT_HOME", w.folder.path()};
  CHECK(air::find_atc() == w.folder / "compiler/bin/atc");
}

TEST_CASE(
    "where ATC is not installed the command is told all the same, and running it says what is missing") {
  const variable path{"PATH", "/nowhere"}, home{"ASCEND_HOME_PATH", ""}, toolkit{"ASCEND_TOOLKIT_HOME", ""};
  if (air::find_atc()) {
    MESSAGE("not tried: this machine has ATC in /usr/local/Ascend");
    return;
  }
  const workshop w;
  air::atc_options options = w.options();
  options.program.clear();
  const air::atc_call call = air::atc_calls(options).at(0);
  CHECK(call.words.front() == "atc");
  const airloom::error missing = refusal_of([&] { air::run_atc(call); });
  CHECK(missing.code() == error_code::environment);
  CHECK(missing.remedy().find("set_env.sh") != std::string::npos);
  options.program = w.folder / "bin/nothing";
  CHECK(refusal_of([&] { air::run_atc(air::atc_calls(options).at(0)); }).code() == error_code::environment);
}

TEST_CASE("a chip that is not known is refused with those that are") {
  const workshop w;
  const auto refusal = [&](const char* chip) {
    air::atc_options options = w.options();
    options.soc_version = chip;
    return refusal_of([&] { air::atc_calls(options); });
  };
  CHECK(refusal("Ascend910B9").happened() == "'Ascend910B9' is no chip that is known here.");
  CHECK(refusal("").happened() == "No chip is named.");
  for (const std::string_view chip : air::known_chips()) {
    CHECK(refusal("Ascend910B9").remedy().find(chip) != std::string::npos);
    CHECK(refusal(std::string{chip}.c_str()).happened() == "no error");
  }
}

TEST_CASE("what cannot be meant is refused before anything is done") {
  const workshop w;
  const auto refused = [&](auto change) {
    air::atc_options options = w.options();
    change(options);
    const error_code code = refusal_of([&] { air::atc_calls(options); }).code();
    CHECK(w.calls().empty());
    CHECK(!w.is_there("out"));
    return code;
  };
  CHECK(refused([](auto& o) { o.soc_version = ""; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.soc_version = "Ascend 910B;rm"; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.soc_version = "Ascend910B9"; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.output = ""; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.output += "/"; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.arguments = {"--model=other.air"}; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.arguments = {"log"}; }) == error_code::usage);
  CHECK(refused([](auto& o) { o.model += "x"; }) == error_code::file_unreadable);
  w.save_gears();
  workshop::save(w.folder / "model.air", {extent{4}, 16});
  CHECK(refused([](auto&) {}) == error_code::file_malformed);
}
