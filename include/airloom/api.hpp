#pragma once
// Marks what the shared library offers. The library is compiled with hidden symbols, so a public function or
// class that has its definition in src/ carries AIRLOOM_API; templates and inline functions need nothing.

#define AIRLOOM_API __attribute__((visibility("default")))
