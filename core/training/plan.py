"""What is to be trained: everything that decides the resulting parameters, and how a model file says so."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version

from core.data.corpus import START, Corpus, split_by_day
from core.data.vocabulary import DATE_VOCABULARY
from core.files.wording import counted
from core.models.spec import ModelSpec
from core.training.mistakes import trainable
from core.training.recipe import Recipe
from core.training.training_data import Data, to_metadata

LICENCE = "MIT"

MODELS = {"attention": "AttentionSeq2seq", "peeky": "PeekySeq2seq", "seq2seq": "Seq2seq"}
"""The model classes by the names that the command line gives them."""


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides the resulting parameters.

    Attributes:
        model_class: name of the class, as in `core.models.spec.MODEL_CLASSES`.
        recipe, seed: settings, and the start of the random numbers.
        train, test: the test set chooses the best epoch and is what the accuracy is measured on.
        data: where the data came from; in words where no option of `train` gives them.
        mistake: built in on purpose, a key of `core.training.mistakes.MISTAKES`; it may change the recipe. "" for none.
    Raises:
        ValueError: the training set does not fill a batch, or there is no such mistake.
    """

    model_class: str
    recipe: Recipe
    seed: int
    train: Corpus
    test: Corpus
    data: Data | str
    mistake: str = ""

    def __post_init__(self) -> None:
        if self.mistake:
            object.__setattr__(self, "recipe", trainable(self.mistake).recipe(self.recipe))
        if len(self.train) < self.recipe.batch_size:
            raise ValueError(
                f"the {counted(len(self.train), 'pair')} to train on do not fill a batch of {self.recipe.batch_size}; "
                "use more data or a smaller batch"
            )

    @property
    def spec(self) -> ModelSpec:
        """What the model will be."""
        return ModelSpec(
            model_class=self.model_class,
            wordvec_size=self.recipe.wordvec_size,
            hidden_size=self.recipe.hidden_size,
            vocabulary=DATE_VOCABULARY,
            reversed_input=self.recipe.reversed_input,
            start_character=START,
            source_length=self.train.question_length,
            target_length=self.train.answer_length,
            score=self.recipe.score,
            bidirectional=self.recipe.bidirectional,
            mistake=self.mistake,
        )

    def to_metadata(self) -> dict[str, str]:
        """The strings that say how the parameters came about."""
        return {
            "recipe": json.dumps(self.recipe.to_dict()),
            "seed": str(self.seed),
            **self._data_to_metadata(),
            "train_pairs": str(len(self.train)),
            "train_digest": self.train.digest,
            "test_pairs": str(len(self.test)),
            "test_digest": self.test.digest,
            "libraries": json.dumps(
                {"python": platform.python_version()} | {name: version(name) for name in ("numpy", "safetensors")}
            ),
            "licence": LICENCE,
        }

    def identity(self) -> dict[str, str]:
        """What two plans have in common where one goes on with the training of the other."""
        # The words say as much as the values, which the states of earlier programs do not have.
        left_out = {"libraries", "data_values"}
        training = {key: value for key, value in self.to_metadata().items() if key not in left_out}
        return self.spec.to_metadata() | training

    def _data_to_metadata(self) -> dict[str, str]:
        if isinstance(self.data, str):
            return {"data": self.data}
        by_day = not self.mistake or trainable(self.mistake).split is split_by_day
        return to_metadata(self.data, "day" if by_day else "pair")
