"""A network as text."""

from automl.models._keras_architecture import architecture_text
from automl.models._tensorflow import start_tensorflow


def joined():
    """Two inputs, one of them an image, joined."""
    start_tensorflow(1)
    import keras
    from keras import layers

    image, vector = keras.Input((8, 8, 1)), keras.Input((3,))
    x = layers.Conv2D(4, 3, padding="same")(image)
    x = layers.GlobalAveragePooling2D()(layers.Activation("relu")(x))
    x = layers.Dropout(0.5)(layers.Concatenate()([x, vector]))
    return keras.Model([image, vector], layers.Dense(2, activation="softmax")(x))


JOINED = """
   layer                   output     weights  takes
1  InputLayer              8 x 8 x 1        0
2  Conv2D 3 x 3            8 x 8 x 4       40
3  Activation relu         8 x 8 x 4        0
4  GlobalAveragePooling2D  4                0
5  InputLayer              3                0
6  Concatenate             7                0  4, 5
7  Dropout 0.5             7                0
8  Dense softmax           2               16
56 weights in all"""


def test_each_layer_is_a_line_with_what_it_makes_and_takes():
    assert f"\n{architecture_text(joined())}" == JOINED


def test_equal_networks_have_equal_texts():
    assert architecture_text(joined()) == architecture_text(joined())


def test_a_deep_network_is_cut_in_the_middle():
    import keras

    model = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4) for _ in range(200))])
    text = architecture_text(keras.Model(model.inputs, model.outputs))
    assert "... 161 more layers\n" in text
    assert "\n201  Dense" in text
    assert len(text) < 2000
