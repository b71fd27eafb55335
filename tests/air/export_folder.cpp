// The folder of an export: its files change together or not at all.

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <airloom/error.hpp>
#include <map>

#include "air/export_folder.hpp"
#include "files.hpp"
#include "support/temporary_folder.hpp"

using airloom::air::export_folder;

namespace {

using tree = std::map<std::string, std::string>;

/// Every file below a folder, hidden ones too, with its content.
tree tree_of(const test::fs::path& folder) {
  tree files;
  for (const auto& entry : test::fs::recursive_directory_iterator{folder})
    if (!entry.is_directory())
      files[test::fs::relative(entry.path(), folder).string()] = test::content_of(entry.path());
  return files;
}

void write(export_folder& folder, const char* name, const std::string& content) {
  folder.write(name, [&](airloom::output_file& file) { file.write(content); });
}

}  // namespace

TEST_CASE("the files of an export appear together, in folders that are made") {
  const test::temporary_folder place;
  const test::fs::path target = place / "made/for/this";
  {
    export_folder folder{target};
    write(folder, "a", "1");
    write(folder, "rank_0/b", "2");
    folder.write_text("c.txt", [](std::ostream& out) { out << "three " << 3; });
    for (const auto& entry : test::fs::directory_iterator{target})
      CHECK(entry.path().filename().string().starts_with(".airloom-staging-"));
    CHECK(folder.commit() ==
          std::vector<test::fs::path>{target / "a", target / "rank_0/b", target / "c.txt"});
  }
  CHECK(tree_of(place.path()) ==
        tree{{"made/for/this/a", "1"}, {"made/for/this/c.txt", "three 3"}, {"made/for/this/rank_0/b", "2"}});
}

TEST_CASE("files are hashed unless nobody wants to know") {
  const test::temporary_folder place;
  export_folder hashed{place / "a"}, plain{place / "b", false};
  for (export_folder* folder : {&hashed, &plain}) write(*folder, "file", "abc");
  CHECK(hashed.files()[0].sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(plain.files()[0].sha256.empty());
}

TEST_CASE("without a commit the folder is as it was, and gone where it was made") {
  const test::temporary_folder place;
  test::fs::create_directory(place / "old");
  std::ofstream{place / "old/a"} << "former";
  {
    export_folder there{place / "old"}, made{place / "new/deep"};
    write(there, "a", "1");
    write(made, "a", "1");
    CHECK_THROWS(there.write("b", [](auto&) { throw std::runtime_error{"broken off"}; }));
  }
  CHECK(tree_of(place.path()) == tree{{"old/a", "former"}});
  CHECK(!test::fs::exists(place / "new"));
}

TEST_CASE("links are refused wherever they stand on the way, and so is what is no file or folder") {
  const test::temporary_folder place;
  test::fs::create_directories(place / "real/sub");
  std::ofstream{place / "file"} << "x";
  test::fs::create_directory_symlink(place / "real", place / "link");
  test::fs::create_symlink(place / "nowhere", place / "dangling");
  for (const char* path : {"link", "link/sub", "link/new/deep", "dangling", "dangling/new", "real/../link"})
    CHECK_MESSAGE(test::code_of([&] { export_folder{place / path}; }) == "403", path);
  for (const char* path : {"file", "file/below"})
    CHECK_MESSAGE(test::code_of([&] { export_folder{place / path}; }) == "304", path);
  CHECK(test::code_of([] { export_folder{""}; }) == "701");

  test::fs::create_symlink(place / "file", place / "real/a");
  test::fs::create_directory_symlink(place / "real/sub", place / "real/rank_0");
  test::fs::create_directory(place / "real/b");
  const auto outcome = [&](const char* name) {
    return test::code_of([&] {
      export_folder folder{place / "real"};
      write(folder, "good", "1");
      write(folder, name, "2");
      folder.commit();
    });
  };
  CHECK(outcome("a") == "403");
  CHECK(outcome("rank_0/p") == "403");
  CHECK(outcome("b") == "304");
  CHECK(outcome("good") == "701");             // twice in one export
  CHECK(tree_of(place / "real").size() == 1);  // behind the link
  CHECK(outcome("c") == "none");
}

TEST_CASE("what killed runs left is finished or removed by the next run, and what is in use stays") {
  const test::temporary_folder place;
  const test::fs::path target = place / "out";
  export_folder still_writing{target};
  write(still_writing, "a", "other");
  // Killed while writing: nothing but its staging folder shows.
  test::fs::create_directories(target / ".airloom-staging-killed");
  std::ofstream{target / ".airloom-staging-killed/a"} << "half";
  // Killed while its files were moved to their place: b is there, a and rank_0/p are not yet.
  std::ofstream{target / "b"} << "new";
  test::fs::create_directories(target / ".airloom-commit/rank_0");
  std::ofstream{target / ".airloom-commit/a"} << "new";
  std::ofstream{target / ".airloom-commit/rank_0/p"} << "new";
  { export_folder next{target}; }  // does not even write
  tree files = tree_of(target);
  std::erase_if(files, [](const auto& file) { return file.second == "other"; });
  CHECK(files == tree{{"a", "new"}, {"b", "new"}, {"rank_0/p", "new"}});
  still_writing.commit();
  CHECK(tree_of(target) == tree{{"a", "other"}, {"b", "new"}, {"rank_0/p", "new"}});
}

TEST_CASE("of two exports into one folder the later commit wins") {
  const test::temporary_folder place;
  export_folder first{place / "out"}, second{place / "out"};
  write(first, "a", "first");
  write(second, "a", "second");
  write(first, "b", "first");
  second.commit();
  CHECK(tree_of(place / "out")["a"] == "second");
  first.commit();
  CHECK(tree_of(place / "out") == tree{{"a", "first"}, {"b", "first"}});
}
