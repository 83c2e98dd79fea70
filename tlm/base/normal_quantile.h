#pragma once
// The normal distribution's quantiles, the same bits on every platform: of additions, products, divisions and roots
// alone.
namespace weft {

/// x with P(a standard normal number <= x) = p, 0 < p < 1; relative error below 1e-14. Source: M. Wichura, algorithm
/// AS 241 (PPND16), Applied Statistics 37 (1988).
double normal_quantile(double p);

}  // namespace weft
