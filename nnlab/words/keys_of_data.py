"""What the keys of datasets and augmentations mean."""

from collections.abc import Mapping

KEYS_OF_DATA: Mapping[str, str] = {
    "use only the first N training samples; null: all": "先頭の N 個の訓練サンプルだけを使う。null なら全部",
    "use only the first N test samples; null: all": "先頭の N 個のテストサンプルだけを使う。null なら全部",
    "fraction of the training samples held out for validation, stratified by class": (
        "検証用に取り分ける訓練サンプルの割合（クラスの比率を保つ）"
    ),
    "fold of the training samples held out for validation, counted from 1": "検証用に取り分ける分割の番号（1 から）",
    "number of folds K of the stratified K-fold split": "層化 K 分割の分割数 K",
    "data augmentation of the training images, applied in this order": "訓練画像のデータ拡張。この順に適用する",
    "number of bits B, the number of steps of a sequence": "ビット数 B。系列のステップ数でもある",
    "training samples, pairs of numbers": "訓練サンプル（2 数の組）の数",
    "test samples; 0: no test set": "テストサンプルの数。0 ならテストデータなし",
    "folder with data_batch_1(.bin), ..., test_batch(.bin), or the .tar.gz; null: download": (
        "data_batch_1(.bin)、...、test_batch(.bin) のあるフォルダ、または .tar.gz。null ならダウンロード"
    ),
    "fraction of the samples held out for testing, unless the data contains test samples": (
        "テスト用に取り分けるサンプルの割合（データにテストサンプルがない場合）"
    ),
    "standard: zero mean, unit variance; minmax: [0, 1]; by the training samples' statistics": (
        "standard：平均 0、分散 1。minmax：[0, 1]。訓練サンプルの統計量による"
    ),
    "folder with train- and t10k- (or test-) images-idx3-ubyte and labels-idx1-ubyte": (
        "train- と t10k-（または test-）の images-idx3-ubyte と labels-idx1-ubyte のあるフォルダ"
    ),
    "file name prefix, such as emnist-letters; null: the only one": (
        "ファイル名の接頭辞（emnist-letters など）。null なら唯一のもの"
    ),
    "transpose each image, as EMNIST requires": "各画像を転置する（EMNIST で必要）",
    "smallest label, such as 1 for EMNIST letters": "最小のラベル（EMNIST letters では 1）",
    "folder with a subfolder of pictures for each class": "クラスごとに画像のサブフォルダがあるフォルダ",
    "folder of the test samples, with the same subfolders": "テストサンプルのフォルダ。サブフォルダは同じ名前",
    "[H, W]: size of all images; null: that of the pictures, which must be the same": (
        "[H, W]：全画像の大きさ。null なら画像の大きさ（すべて同じでなければならない）"
    ),
    "1: grey, 3: colour; auto: grey where all pictures are": (
        "1：グレースケール、3：カラー。auto：すべての画像がグレースケールならグレースケール"
    ),
    "how pictures of another size become images: their middle, whole, stretched, or cut out as MNIST's digits": (
        "大きさの異なる画像の合わせ方：中央、全体、引き伸ばし、または MNIST の数字と同じ切り出し"
    ),
    "invert the pictures; auto: those with a light ground, for a dark one": (
        "画像の明暗を反転する。auto：背景の明るい画像を暗い背景に"
    ),
    "fraction of the samples held out for testing, unless there are test samples": (
        "テスト用に取り分けるサンプルの割合（テストサンプルがない場合）"
    ),
    "number of steps T": "ステップ数 T",
    "training samples": "訓練サンプルの数",
    "standard deviation of the values after the first": "2 番目以降の値の標準偏差",
    "number of steps T of a sample": "1 サンプルのステップ数 T",
    "training samples, one for each start in the wave": "訓練サンプルの数。波の開始位置ごとに 1 つ",
    "number of steps of a period P": "1 周期 P のステップ数",
    "standard deviation of the noise on each value": "各値に加えるノイズの標準偏差",
    "CSV (also .csv.gz), .npz or .npy file": "CSV（.csv.gz も可）、.npz または .npy ファイル",
    ".npy file with the labels of an .npy file": ".npy ファイルのラベルを収めた .npy ファイル",
    "CSV with the test samples, columns in any order (or an .npy file)": (
        "テストサンプルの CSV。列の順序は問わない（または .npy ファイル）"
    ),
    ".npy file with the labels of test_path": "test_path のラベルを収めた .npy ファイル",
    ".npy file with the numbers to predict, in place of labels: a regression": (
        "ラベルの代わりに予測する数を収めた .npy ファイル（回帰）"
    ),
    ".npy file with the numbers of test_path": "test_path の数を収めた .npy ファイル",
    "label column; null: the last one (.npz: array name; null: y)": (
        "ラベルの列。null なら最後の列（.npz では配列名、null なら y）"
    ),
    "columns of numbers to predict, in place of a label: a regression (.npz: one array name)": (
        "ラベルの代わりに予測する数の列（回帰）。.npz では配列名 1 つ"
    ),
    "feature columns; null: all others (.npz: one array name; null: x)": (
        "特徴の列。null なら残りすべて（.npz では配列名 1 つ、null なら x）"
    ),
    "columns to exclude, such as an id; '': columns without a name": "除外する列（ID など）。'' は名前のない列",
    "column with train, validation or test in each row": "各行が train、validation、test のどれかを示す列",
    "[C, H, W]: reshape each row to an image; integers from 0 to 255 become pixels": (
        "[C, H, W]：各行を画像の形状にする。0 から 255 の整数は画素になる"
    ),
    "missing values: refuse, drop the rows, or impute a number or a statistic of the training samples": (
        "欠損値の扱い：拒否する、行を除く、数または訓練サンプルの統計量で補う"
    ),
    "texts of missing values, case-insensitive": "欠損値を表す文字列（大文字と小文字を区別しない）",
    "columns to one-hot encode; auto: columns that contain only text": (
        "one-hot 表現にする列。auto なら文字列だけの列"
    ),
    "encoding of a CSV; auto: UTF-8, or UTF-16 with a byte order mark": (
        "CSV の文字コード。auto：UTF-8、または BOM 付きの UTF-16"
    ),
    "column separator of a CSV": "CSV の区切り文字",
    "decimal mark of a CSV": "CSV の小数点",
    "first row holds the column names; false: c1, c2, ...; auto: reject a first row that looks like a sample": (
        "先頭行が列名かどうか。false なら c1、c2、...。auto：サンプルに見える先頭行を拒否する"
    ),
    "number of lines to skip before the header, such as a title": "見出しの前に読み飛ばす行数（表題など）",
    "text file (also .txt.gz); null: the bundled sonnets": (
        "テキストファイル（.txt.gz も可）。null なら同梱のソネット"
    ),
    "number of steps T of a sample, in characters": "1 サンプルのステップ数 T（文字数）",
    "characters between the starts of two training samples; null: length": (
        "隣り合う訓練サンプルの開始位置の間隔（文字数）。null なら length"
    ),
    "fraction of the text held out for testing, from its end": "テスト用に末尾から取り分けるテキストの割合",
    "encoding of the file; auto: UTF-8, or UTF-16 with a byte order mark": (
        "ファイルの文字コード。auto：UTF-8、または BOM 付きの UTF-16"
    ),
    "training samples per class (xor: per cluster)": "クラスごとの訓練サンプルの数（xor ではクラスタごと）",
    "test samples per class or cluster; 0: no test set": (
        "クラスまたはクラスタごとのテストサンプルの数。0 ならテストデータなし"
    ),
    "number of arms": "腕の数",
    "standard deviation of the noise on the angle, in radians": "角度に加えるノイズの標準偏差（ラジアン）",
    "standard deviation of the noise on each coordinate": "各座標に加えるノイズの標準偏差",
    "standard deviation of each cluster": "各クラスタの標準偏差",
    "standard deviation of the noise": "ノイズの標準偏差",
    "number of periods in [-1, 1]": "[-1, 1] に含まれる周期の数",
    "maximum shift in each direction, in pixels": "各方向の最大の移動量（画素）",
    "probability of a flip": "反転する確率",
    "maximum angle in each direction, in degrees": "各方向の最大の角度（度）",
    "side length of the square in pixels": "正方形の一辺の長さ（画素）",
    "maximum change of brightness; pixels are in [0, 1]": "明るさの最大の変化量。画素は [0, 1]",
    "maximum deviation of the factor from 1": "倍率が 1 からずれる最大の量",
}
