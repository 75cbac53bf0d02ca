import pytest

from nnlab.data.tables.array_names import find_pairs, unused


@pytest.mark.parametrize(
    ("members", "pairs"),
    [
        ("x y", {"train": ("x", "y")}),
        ("X Y", {"train": ("X", "Y")}),
        ("x_train y_train x_test y_test", {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}),
        ("X_train y_train X_val y_val", {"train": ("X_train", "y_train"), "validation": ("X_val", "y_val")}),
        ("x_train y_train x_valid y_valid", {"train": ("x_train", "y_train"), "validation": ("x_valid", "y_valid")}),
        ("train_x train_y test_x test_y", {"train": ("train_x", "train_y"), "test": ("test_x", "test_y")}),
        (
            "train_images train_labels val_images val_labels test_images test_labels",
            {
                "train": ("train_images", "train_labels"),
                "validation": ("val_images", "val_labels"),
                "test": ("test_images", "test_labels"),
            },
        ),
        ("data target frame feature_names target_names images DESCR", {"train": ("data", "target")}),
        ("images labels", {"train": ("images", "labels")}),
        ("x y x_train y_train", {"train": ("x_train", "y_train")}),
        ("x X_train y y_train", {"train": ("x", "y")}),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_array_names_of_other_libraries(members, pairs, reverse):
    names = sorted(members.split(), reverse=reverse)
    assert find_pairs(names, None, None) == pairs


def test_given_names_take_precedence():
    members = ["x", "y", "x_train", "y_train", "kinds", "pictures_train", "pictures_val", "kinds_train", "kinds_val"]
    assert find_pairs(members, "kinds", None) == {"train": ("x_train", "kinds_train")}
    assert find_pairs(members, None, "x")["train"] == ("x_train", "y_train")
    assert find_pairs(members, "kinds", "pictures") == {
        "train": ("pictures_train", "kinds_train"),
        "validation": ("pictures_val", "kinds_val"),
    }


@pytest.mark.parametrize(
    ("members", "pair"), [("x", ("x", "y")), ("y", ("x", "y")), ("x_train y", ("x_train", "y_train")), ("", ("x", "y"))]
)
def test_most_likely_names_if_no_pair_is_complete(members, pair):
    assert find_pairs(members.split(), None, None)["train"] == pair


def test_descriptions_are_not_unused():
    members = ["data", "target", "images", "DESCR", "target_names", "frame"]
    assert unused(members, ["data", "target"]) == ["images"]
