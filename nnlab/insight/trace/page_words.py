"""The words of the page of a trace, in the current language."""

from nnlab import __version__
from nnlab.insight.trace.sections import Phase
from nnlab.language import in_language


def about(phase: Phase) -> tuple[str, str]:
    """Title and a sentence on each phase."""
    found: dict[Phase, tuple[str, str]] = {
        "batch": (
            in_language("Batch", "バッチ"),
            in_language("The samples of this step, and what is to be predicted.", "このステップで使うデータと正解。"),
        ),
        "forward": (
            in_language("Forward", "順伝播"),
            in_language(
                "Layer by layer from the inputs to the scores: the output y of a layer is the input x of the next.",
                "入力からスコアまで層ごとに計算する。ある層の出力 y が次の層の入力 x になる。",
            ),
        ),
        "loss": (
            in_language("Loss", "損失"),
            in_language(
                "One number that says how wrong the scores are.", "スコアがどれだけ間違っているかを表す 1 つの数。"
            ),
        ),
        "backward": (
            in_language("Backward", "逆伝播"),
            in_language(
                "From the loss back to the first layer: dy = ∂L/∂y comes from the layer behind, dx = ∂L/∂x goes to the "
                "layer before.",
                "損失から最初の層へ戻る。dy = ∂L/∂y は後ろの層から来て、dx = ∂L/∂x は前の層へ渡る。",
            ),
        ),
        "regularisation": (
            in_language("Regularisation", "正則化"),
            in_language("What the penalties add to the gradients.", "正則化項が勾配に加える分。"),
        ),
        "clipping": (
            in_language("Clipping", "勾配クリッピング"),
            in_language("The gradient of all parameters is made smaller.", "全パラメータの勾配を小さくする。"),
        ),
        "update": (
            in_language("Update", "更新"),
            in_language(
                "Each parameter before, its gradient, the state of the optimizer, the change, and the parameter after.",
                "各パラメータの更新前の値、勾配、最適化手法の状態、変化量、更新後の値。",
            ),
        ),
    }
    return found[phase]


def words() -> dict[str, str]:
    """The headings and labels of the page, by the names that its template has for them."""
    return {
        "step": in_language("step", "ステップ"),
        "of": in_language("of", "/"),
        "parameters": in_language("parameters", "パラメータ数"),
        "objective": in_language("objective (loss with penalties)", "目的関数 (正則化を含む損失)"),
        "network": in_language("The network", "ネットワーク"),
        "input": in_language("inputs", "入力"),
        "forward": in_language("forward", "順伝播"),
        "backward": in_language("backward", "逆伝播"),
        "update": in_language("update", "更新"),
        "negative": in_language("negative", "負"),
        "positive": in_language("positive", "正"),
        "zero": in_language("zero", "0"),
        "legend": in_language(
            "Colour: sign and size of a number, relative to the largest of its tensor.",
            "色: 数の符号と、そのテンソルの最大値に対する大きさ。",
        ),
        "letters": in_language(
            "N samples, D features, T steps, C channels, H rows, W columns, K classes or targets, F filters, U units; "
            "indices count from 0.",
            "N データ数、D 特徴数、T 時刻数、C チャンネル数、H 行、W 列、K クラス数または目標数、"
            "F フィルタ数、U ユニット数。添字は 0 から。",
        ),
        "row": in_language("row of the batch", "バッチの行"),
        "agreement": in_language("difference from the textbook", "テキスト実装との差"),
        "made_by": in_language(f"Made by nnlab {__version__}", f"nnlab {__version__} で作成"),
    }
