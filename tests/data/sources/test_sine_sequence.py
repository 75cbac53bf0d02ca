import numpy as np

from nnlab.data.sources.sine_sequence import SineSequence


def test_target_is_the_next_value_of_the_wave() -> None:
    dataset = SineSequence(length=4, samples=30, test_samples=10, period=8, noise=0).load(np.random.RandomState(0))
    assert (dataset.task, dataset.sample_shape, dataset.out_shape) == ("numbers", (4, 1), (1,))
    assert dataset.numbers is not None
    starts = {"train": 0, "test": 34}
    for name, split in dataset.splits.items():
        t = starts[name] + np.arange(len(split))
        np.testing.assert_allclose(split.inputs[:, :, 0], np.sin(np.pi / 4 * (t[:, None] + np.arange(4))), atol=1e-12)
        targets = dataset.numbers.undo(split.targets)[:, 0]
        np.testing.assert_allclose(targets, np.sin(np.pi / 4 * (t + 4)), atol=1e-12)


def test_noise_has_the_given_std_and_depends_on_the_random_stream_alone() -> None:
    clean, noisy, again = (
        SineSequence(samples=5000, test_samples=0, noise=noise).load(np.random.RandomState(1)).train.inputs[:, 0, 0]
        for noise in (0, 0.3, 0.3)
    )
    np.testing.assert_allclose((noisy - clean).std(), 0.3, rtol=0.05)
    np.testing.assert_array_equal(noisy, again)
