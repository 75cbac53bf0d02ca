"""Where the claims are published."""

from nnlab.insight.reproduce.claims import Text


def book(section: str, en: str, ja: str) -> Text:
    """A place in Koki Saitoh, ゼロから作るDeep Learning, O'Reilly Japan 2016 ("Deep Learning from Scratch")."""
    return Text(
        f"Saitoh, Deep Learning from Scratch (O'Reilly Japan 2016), section {section}, {en}",
        f"斎藤康毅『ゼロから作るDeep Learning』（オライリー・ジャパン 2016）{section} 節、{ja}",
    )


def notes(page: str, url: str) -> Text:
    """A page of the notes of Stanford's course CS231n."""
    return Text(f'CS231n notes, "{page}" ({url})', f"CS231n の講義ノート「{page}」（{url}）")


SPIRAL_NOTES = notes("Neural Networks Case Study", "https://cs231n.github.io/neural-networks-case-study/")
