#pragma once
// The whole public library. Include what you use where compile time matters: airloom/dsl.hpp describes
// models, airloom/host/engine.hpp runs them, airloom/air/export.hpp writes them.

#include <airloom/air/export.hpp>
#include <airloom/air/export_ranks.hpp>
#include <airloom/dsl.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/host/ranks.hpp>
#include <airloom/model/trace.hpp>
#include <airloom/model/trace_ranks.hpp>
