// A visitor of a variant made of one lambda for each alternative: std::visit(Overloaded{[](A&) ..., [](B&) ...}, v). An
// alternative without a lambda does not compile. Any thread.
#pragma once

namespace pawl::base {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace pawl::base
