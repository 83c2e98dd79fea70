#include "tlm/base/normal_quantile.h"

#include <array>
#include <cmath>

namespace weft {

namespace {

using Coefficients = std::array<double, 8>;  ///< of the powers, the highest first

double polynomial(const Coefficients& of, double x) {
  double value = of[0];
  for (std::size_t power = 1; power < of.size(); ++power) value = value * x + of[power];
  return value;
}

constexpr Coefficients middle_over{2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                                   4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
                                   1.3314166789178437745e+2, 3.3871328727963666080e+0};
constexpr Coefficients middle_under{
    5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
    5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0};
constexpr Coefficients tail_over{7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                                 1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
                                 4.63033784615654529590e+0, 1.42343711074968357734e+0};
constexpr Coefficients tail_under{
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0};
constexpr Coefficients far_over{2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                                2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
                                5.46378491116411436990e+0, 6.65790464350110377720e+0};
constexpr Coefficients far_under{
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2,  1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0};

/// 2^e m, m next to 1: e ln 2 + 2 artanh((m - 1) / (m + 1)).
double logarithm(double x) {
  constexpr double ln_2 = 0.693147180559945309417, root_half = 0.707106781186547524401;
  constexpr int last_power = 23;
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < root_half) {
    m *= 2;
    --exponent;
  }
  const double z = (m - 1) / (m + 1), square = z * z;
  double sum = 0;
  for (int power = last_power; power >= 1; power -= 2) sum = sum * square + 1.0 / power;
  return exponent * ln_2 + 2 * z * sum;
}

}  // namespace

double normal_quantile(double p) {
  constexpr double half_middle = 0.425, middle_square = 0.180625, tail_from = 1.6, far_from = 5;
  const double q = p - 0.5;
  if (std::fabs(q) <= half_middle) {
    const double r = middle_square - q * q;
    return q * polynomial(middle_over, r) / polynomial(middle_under, r);
  }
  const double r = std::sqrt(-logarithm(q < 0 ? p : 1 - p));
  const double size = r <= far_from ? polynomial(tail_over, r - tail_from) / polynomial(tail_under, r - tail_from)
                                    : polynomial(far_over, r - far_from) / polynomial(far_under, r - far_from);
  return q < 0 ? -size : size;
}

}  // namespace weft
