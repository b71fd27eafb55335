#pragma once
// All layers.

#include <airloom/nn/activation.hpp>
#include <airloom/nn/attention.hpp>
#include <airloom/nn/convolution.hpp>
#include <airloom/nn/embedding.hpp>
#include <airloom/nn/feed_forward.hpp>
#include <airloom/nn/linear.hpp>
#include <airloom/nn/norm.hpp>
#include <airloom/nn/rotary.hpp>
