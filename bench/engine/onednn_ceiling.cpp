// How fast oneDNN computes a 3D convolution of kernel 4, stride 2, padding 1 on this processor: forward, backward by
// data and backward by weights, each in the layout that oneDNN itself prefers.
//
// Usage: onednn_ceiling BATCH RUNS CHANNELS_IN,CHANNELS_OUT,EDGE ...   (EDGE of the finer volume)
// Prints one line of JSON: {"version": "2.6.3", "layers": [{"forward": GF/s, "data": GF/s, "weights": GF/s}, ...]},
// medians of RUNS after one that is not counted. Written for oneDNN 2.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

using namespace dnnl;

namespace {

constexpr long kKernel = 4;
const engine cpu(engine::kind::cpu, 0);
stream cpu_stream(cpu);

memory filled(const memory::desc& description) {
  memory result(description, cpu);
  auto* values = static_cast<float*>(result.get_data_handle());
  // Not zeros, and no denormals: both can be faster or slower than ordinary numbers.
  for (size_t i = 0; i < description.get_size() / sizeof(float); i++) values[i] = 0.01f * (i % 17) - 0.08f;
  return result;
}

double median_seconds(const primitive& work, const std::unordered_map<int, memory>& arguments, int runs) {
  std::vector<double> times;
  for (int run = 0; run <= runs; run++) {
    const auto begin = std::chrono::steady_clock::now();
    work.execute(cpu_stream, arguments);
    cpu_stream.wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (run > 0) times.push_back(took.count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void measure(long batch, long ins, long outs, long edge, int runs, bool first) {
  const long half = edge / 2;
  const auto any = [](memory::dims shape) {
    return memory::desc(std::move(shape), memory::data_type::f32, memory::format_tag::any);
  };
  const memory::desc fine = any({batch, ins, edge, edge, edge});
  const memory::desc weights = any({outs, ins, kKernel, kKernel, kKernel});
  const memory::desc coarse = any({batch, outs, half, half, half});
  const memory::dims strides{2, 2, 2}, padding{1, 1, 1};
  const auto direct = algorithm::convolution_direct;

  const convolution_forward::primitive_desc forward(
      {prop_kind::forward_training, direct, fine, weights, coarse, strides, padding, padding}, cpu);
  const convolution_backward_data::primitive_desc data({direct, fine, weights, coarse, strides, padding, padding},
                                                       cpu, forward);
  const convolution_backward_weights::primitive_desc by_weights(
      {direct, fine, weights, coarse, strides, padding, padding}, cpu, forward);

  const double seconds[] = {
      median_seconds(convolution_forward(forward),
                     {{DNNL_ARG_SRC, filled(forward.src_desc())},
                      {DNNL_ARG_WEIGHTS, filled(forward.weights_desc())},
                      {DNNL_ARG_DST, filled(forward.dst_desc())}},
                     runs),
      median_seconds(convolution_backward_data(data),
                     {{DNNL_ARG_DIFF_SRC, filled(data.diff_src_desc())},
                      {DNNL_ARG_WEIGHTS, filled(data.weights_desc())},
                      {DNNL_ARG_DIFF_DST, filled(data.diff_dst_desc())}},
                     runs),
      median_seconds(convolution_backward_weights(by_weights),
                     {{DNNL_ARG_SRC, filled(by_weights.src_desc())},
                      {DNNL_ARG_DIFF_WEIGHTS, filled(by_weights.diff_weights_desc())},
                      {DNNL_ARG_DIFF_DST, filled(by_weights.diff_dst_desc())}},
                     runs),
  };
  const double gflop = 2e-9 * batch * half * half * half * ins * outs * kKernel * kKernel * kKernel;
  std::printf("%s{\"forward\": %.3f, \"data\": %.3f, \"weights\": %.3f}", first ? "" : ", ", gflop / seconds[0],
              gflop / seconds[1], gflop / seconds[2]);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const long batch = std::atol(arguments[1]);
  const int runs = std::atoi(arguments[2]);
  const auto* version = dnnl_version();
  std::printf("{\"version\": \"%d.%d.%d\", \"layers\": [", version->major, version->minor, version->patch);
  for (int i = 3; i < count; i++) {
    long ins, outs, edge;
    if (std::sscanf(arguments[i], "%ld,%ld,%ld", &ins, &outs, &edge) != 3) return 2;
    measure(batch, ins, outs, edge, runs, i == 3);
  }
  std::printf("]}\n");
}
