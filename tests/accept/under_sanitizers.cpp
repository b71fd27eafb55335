// flags: -fsanitize=address,undefined
// Services are tested under sanitizers; with them g++ takes fewer expressions for constant.

#include "../../examples/models/digits_cnn.hpp"
#include "../../examples/models/tiny_bert.hpp"

int main() {
  static_cast<void>(airloom::record_model(digits_cnn::net{}, digits_cnn::image));
  static_cast<void>(airloom::record_model(bert::classifier_model{}, bert::input_ids, bert::attention_mask,
                                          bert::token_type_ids));
}
