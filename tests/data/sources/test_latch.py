import numpy as np

from nnlab.data.sources.latch import Latch


def test_the_class_is_the_sign_of_the_first_value() -> None:
    dataset = Latch(length=20, samples=300, test_samples=100, noise=0.3).load(np.random.RandomState(0))
    assert (dataset.sample_shape, dataset.class_names) == ((20, 1), ("-1", "+1"))
    for split in dataset.splits.values():
        np.testing.assert_array_equal(split.inputs[:, 0, 0], 2 * split.targets - 1)
        assert np.bincount(split.targets).tolist() == [len(split) // 2] * 2
        rest = split.inputs[:, 1:, 0]
        np.testing.assert_allclose([rest.mean(), rest.std()], [0, 0.3], atol=0.02)
        assert abs(np.corrcoef(rest.mean(axis=1), split.targets)[0, 1]) < 0.2, "the noise does not tell the class"
