// What an export costs: its throughput beside plain write() of the same bytes, in turn, on the same disk; and
// the memory that it takes beyond the graph and the mapped weights.
//
//   export FOLDER [MEGABYTES [ROUNDS [sparse]]]    FOLDER is made, and removed at the end; 1536 MB and 5
//   rounds
//
// `sparse` takes one weight of that size from a file that is nothing but a hole.
//
// Weights are mapped from a file of random bytes, as safetensors() maps them. Two times are taken of each:
// until the call returns, which leaves the bytes in the system's memory, and until the disk has them, for
// which syncfs() is called behind it. It also keeps one round from paying for another.

#include <fcntl.h>
#include <unistd.h>
#include <airloom/air/export.hpp>
#include <airloom/graph/from_tape.hpp>
#include <airloom/weights/map_file.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t megabyte = 1'000'000;

void write_random_bytes(const fs::path& file, std::size_t size) {
  std::mt19937_64 random{1};
  std::vector<std::uint64_t> piece(megabyte / sizeof(std::uint64_t));
  std::ofstream out{file, std::ios::binary};
  for (std::size_t written = 0; written < size; written += megabyte) {
    std::generate(piece.begin(), piece.end(), std::ref(random));
    out.write(reinterpret_cast<const char*>(piece.data()), megabyte);
  }
}

/// A model that gives its weights back: what is written is nothing but them.
airloom::graph model_with(const airloom::blob& bytes, std::size_t weights_in_model) {
  airloom::graph g;
  airloom::node output;
  output.name = output.type = "NetOutput";
  const std::size_t each = bytes.size / weights_in_model;
  for (std::size_t i = 0; i != weights_in_model; ++i) {
    airloom::node n;
    n.name = "layers." + std::to_string(i) + ".weight";
    n.type = "Const";
    n.output_names = {""};
    airloom::tensor_description description;
    description.type = airloom::u8;
    description.shape.push(static_cast<std::int64_t>(each));
    n.output_descriptions = {description};
    g.nodes.push_back(n);
    airloom::set_contents(g, {n.name, airloom::u8, {static_cast<std::int64_t>(each)}, static_cast<int>(i)},
                          bytes.part(i * each, each));
    output.inputs.push_back({static_cast<int>(i), 0});
    output.input_names.push_back("input" + std::to_string(i));
    output.input_descriptions.push_back(description);
  }
  g.nodes.push_back(output);
  return g;
}

void write_plainly(const fs::path& file, const airloom::blob& bytes) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  for (std::size_t at = 0; at < bytes.size;) {
    const ssize_t written = ::write(descriptor, bytes.data + at, bytes.size - at);
    if (written <= 0) {
      std::perror("write");
      std::exit(1);
    }
    at += static_cast<std::size_t>(written);
  }
  ::close(descriptor);
}

/// Memory of the process that is no page of a file, in kB.
long anonymous_memory() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::atol(line.c_str() + 8);
  return 0;
}

/// The most that anonymous memory grows while it lives.
class memory_watch {
 public:
  memory_watch() : before_{anonymous_memory()}, watcher_{[this] { watch(); }} {}
  memory_watch(const memory_watch&) = delete;
  memory_watch& operator=(const memory_watch&) = delete;
  double megabytes() {
    done_ = true;
    watcher_.join();
    return static_cast<double>(peak_ - before_) / 1000;
  }

 private:
  void watch() {
    while (!done_) {
      peak_ = std::max(peak_, anonymous_memory());
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }

  long before_;
  long peak_ = 0;
  std::atomic<bool> done_ = false;
  std::thread watcher_;
};

/// Seconds of the rounds.
struct times {
  std::vector<double> seconds = {};

  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double best() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

struct measured {
  int place;  ///< in what is printed
  const char* name;
  std::function<void()> run;
  times returned = {};
  times on_disk = {};
  double megabytes = 0;
};

void measure(measured& what, int folder) {
  ::syncfs(folder);
  memory_watch memory;
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  what.run();
  what.returned.seconds.push_back(elapsed());
  what.megabytes = std::max(what.megabytes, memory.megabytes());
  ::syncfs(folder);
  what.on_disk.seconds.push_back(elapsed());
}

void print(const char* title, const std::vector<measured>& all, times measured::*which, double gigabytes) {
  std::printf("%s\n", title);
  const times& plain = all[0].*which;
  for (const measured& what : all) {
    const times& taken = what.*which;
    std::printf("  %-26s %.2f (%.2f) of plain write()  %6.2f s (%.2f)  %5.2f GB/s  %.1f MB of memory\n",
                what.name, plain.median() / taken.median(), plain.best() / taken.best(), taken.median(),
                taken.best(), gigabytes / taken.median(), what.megabytes);
  }
}

}  // namespace

int main(int count, char** words) {
  const bool sparse = count == 5 && std::string{words[4]} == "sparse";
  if (count < 2 || count > 5 || (count == 5 && !sparse)) {
    std::fputs("export FOLDER [MEGABYTES [ROUNDS [sparse]]]\n", stderr);
    return 2;
  }
  const fs::path folder = words[1];
  const std::size_t size = (count > 2 ? std::strtoul(words[2], nullptr, 10) : 1536) * megabyte;
  const int rounds = count > 3 ? std::atoi(words[3]) : 5;
  fs::create_directories(folder);
  if (sparse) {
    std::ofstream{folder / "weights"}.close();
    fs::resize_file(folder / "weights", size);
  } else {
    write_random_bytes(folder / "weights", size);
  }
  const airloom::blob bytes = airloom::weights::map_file((folder / "weights").string());
  const airloom::graph model = model_with(bytes, sparse ? 1 : 12);

  airloom::air::export_options options{.path = folder / "outside"};
  options.weights.place = airloom::air::weight_place::outside;
  options.manifest = false;
  std::vector<measured> all{
      {0, "plain write()", [&] { write_plainly(folder / "plain", bytes); }},
      {1, "export, weights outside", [&] { airloom::air::export_model(model, options); }}};
  airloom::air::export_options inside{.path = folder / "inside"};
  inside.weights.place = airloom::air::weight_place::inside;
  inside.text.largest_constant = 0;
  inside.manifest = false;
  airloom::air::export_options hashed = options, inside_hashed = inside;
  hashed.manifest = inside_hashed.manifest = true;
  all.push_back({2, "the same, with manifest", [&] { airloom::air::export_model(model, hashed); }});
  if (size < airloom::air::torchair_weight_limit) {
    all.push_back({3, "export, weights inside", [&] { airloom::air::export_model(model, inside); }});
    all.push_back({4, "the same, with manifest", [&] { airloom::air::export_model(model, inside_hashed); }});
  }
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int round = 0; round != rounds; ++round) {
    for (measured& what : all) {
      measure(what, descriptor);
      for (const char* made : {"plain", "outside", "inside"}) fs::remove_all(folder / made);
    }
    std::rotate(all.begin(), all.begin() + 1, all.end());  // nobody always comes first
  }
  ::close(descriptor);
  std::sort(all.begin(), all.end(), [](const measured& a, const measured& b) { return a.place < b.place; });
  std::printf("%zu MB of weights, medians of %d rounds (and the best)\n", size / megabyte, rounds);
  const double gigabytes = static_cast<double>(size) / 1e9;
  print("until the call returns", all, &measured::returned, gigabytes);
  print("until the disk has it", all, &measured::on_disk, gigabytes);
  fs::remove_all(folder);
}
