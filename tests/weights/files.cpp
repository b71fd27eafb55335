// Files as such: mapping them, and writing them so that nobody sees half of one.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <airloom/weights/map_file.hpp>

#include <csignal>
#include <filesystem>

#include "atomic_file.hpp"
#include "support/temporary_folder.hpp"
#include "weights/bytes.hpp"

using airloom::atomic_file;
using airloom::error_code;
using airloom::weights::map_file;
using test::says;
using test::thrown_by;

namespace {

std::size_t files_in(const test::temporary_folder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder.path()}, {}));
}

}  // namespace

TEST_CASE("map_file: the bytes of a file, which live as long as a part of them") {
  const test::temporary_folder folder;
  test::write(folder / "a", "some bytes");
  airloom::blob part;
  {
    const airloom::blob all = map_file(folder / "a");
    CHECK(all.size == 10);
    part = all.part(5, 5);
  }
  std::filesystem::remove(folder / "a");
  CHECK(std::string_view{reinterpret_cast<const char*>(part.data), part.size} == "bytes");
}

TEST_CASE("map_file: an empty file has no bytes") {
  const test::temporary_folder folder;
  test::write(folder / "a", "");
  CHECK(map_file(folder / "a").size == 0);
}

TEST_CASE("map_file: what is no regular file is refused, without waiting for a FIFO's writer") {
  const test::temporary_folder folder;
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK(says(thrown_by([&] { map_file(folder / "fifo"); }), "not a regular file"));
  CHECK(says(thrown_by([&] { map_file(folder.path()); }), "it is a folder"));
  CHECK(says(thrown_by([&] { map_file("/dev/null"); }), "not a regular file"));
  const airloom::error missing = thrown_by([&] { map_file(folder / "missing"); });
  CHECK(missing.code() == error_code::file_unreadable);
  CHECK(says(missing, "No such file"));
}

TEST_CASE("atomic_file: the name holds the old content until all of the new is there") {
  const test::temporary_folder folder;
  test::write(folder / "a", "old");
  {
    atomic_file file{folder / "a"};
    file.write("new ");
    file.write("content");
    CHECK(file.position() == 11);
    CHECK(test::content_of(folder / "a") == "old");
    file.commit();
  }
  CHECK(test::content_of(folder / "a") == "new content");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("atomic_file: without commit nothing is left behind") {
  const test::temporary_folder folder;
  { atomic_file{folder / "a"}.write("content"); }
  CHECK(files_in(folder) == 0);
}

TEST_CASE("atomic_file: pieces smaller and larger than its buffer come in order") {
  const test::temporary_folder folder;
  std::string expected;
  atomic_file file{folder / "a"};
  for (const std::size_t size : {1U, 16'383U, 1U, 16'384U, 16'385U, 3U, 100'000U, 0U, 7U}) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    file.write(piece);
    expected += piece;
  }
  file.commit();
  CHECK(test::content_of(folder / "a") == expected);
}

TEST_CASE("atomic_file: permissions are as asked for, 0640 if nothing else is said") {
  const test::temporary_folder folder;
  const mode_t before = ::umask(0);
  atomic_file{folder / "a"}.commit();
  atomic_file{folder / "b", 0600}.commit();
  ::umask(before);
  CHECK((std::filesystem::status(folder / "a").permissions() == std::filesystem::perms{0640}));
  CHECK((std::filesystem::status(folder / "b").permissions() == std::filesystem::perms{0600}));
}

TEST_CASE("atomic_file: links, folders and devices are not replaced") {
  const test::temporary_folder folder;
  test::write(folder / "a", "old");
  std::filesystem::create_symlink(folder / "a", folder / "link");
  std::filesystem::create_directory(folder / "folder");
  CHECK(says(thrown_by([&] { atomic_file{folder / "link"}; }), "is a link"));
  CHECK(says(thrown_by([&] { atomic_file{folder / "folder"}; }), "not a regular file"));
  CHECK(thrown_by([&] { atomic_file{"/dev/null"}; }).code() == error_code::file_unwritable);
  CHECK(thrown_by([&] { atomic_file{folder / "missing/a"}; }).code() == error_code::file_unwritable);
  CHECK(test::content_of(folder / "a") == "old");
  CHECK(files_in(folder) == 3);
}

TEST_CASE("atomic_file: a write that fails is an error, and the old content stays") {
  const test::temporary_folder folder;
  test::write(folder / "a", "old");
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100'000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const airloom::error e = thrown_by([&] {
    atomic_file file{folder / "a"};
    file.write(std::string(200'000, 'x'));
    file.commit();
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  CHECK(e.code() == error_code::file_unwritable);
  CHECK(says(e, "File too large"));
  CHECK(test::content_of(folder / "a") == "old");
  CHECK(files_in(folder) == 1);
}
