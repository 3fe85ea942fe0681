using System.Numerics;

namespace OpsMonitor.Grains.Sources;

/// <summary>A range of sequence numbers, both ends in it.</summary>
public readonly record struct NumberRange(long From, long To)
{
    public long Count => To - From + 1;
}

/// <summary>
/// Which sequence numbers of one source have arrived, so that those that have not can be named. What it says follows from the set of numbers alone, in
/// whatever order and however often they came: a late one fills its gap. It looks back over the newest <see cref="WindowLength"/> numbers; a
/// block of 4,096 costs 512 bytes only while some of it are there and some are not, so that a source never takes more than half a megabyte. (spec: events, sequence)
/// </summary>
public sealed class GapBook(long window = GapBook.WindowLength)
{
    /// <summary>How many of the newest numbers are looked back over: 4,194,304.</summary>
    public const long WindowLength = 1L << 22;

    private const int BlockBits = 12, Words = 64;

    // By number / 4096, ascending; null is a whole block.
    private readonly SortedDictionary<long, ulong[]?> _blocks = [];

    /// <summary>Events that carried a number.</summary>
    public long Numbered { get; private set; }

    /// <summary>Events whose number another one had carried: a source that numbers each subject apart has many.</summary>
    public long Again { get; private set; }

    /// <summary>Events whose number lay before the window when they came.</summary>
    public long Behind { get; private set; }

    /// <summary>The lowest number that ever came; -1 for none.</summary>
    public long First { get; private set; } = -1;

    /// <summary>The highest number that ever came; -1 for none.</summary>
    public long Highest { get; private set; } = -1;

    /// <summary>The first number that is judged. Before a source's lowest number nothing is missing, and before the window nothing is known any more.</summary>
    public long From => Highest < 0 ? 0 : Math.Max(First, Highest - window + 1);

    /// <summary>All numbers from <see cref="From"/> up to this one are here; one before <see cref="From"/> where that itself is missing.</summary>
    public long Watermark
    {
        get
        {
            foreach (var run in Seen()) return run.From == From ? run.To : From - 1;
            return From - 1;
        }
    }

    public long Missing
    {
        get
        {
            if (Highest < 0) return 0;
            var missing = Highest - From + 1;
            foreach (var run in Seen()) missing -= run.Count;
            return missing;
        }
    }

    public void Take(long number)
    {
        Numbered++;
        First = First < 0 ? number : Math.Min(First, number);
        if (number <= Highest - window) { Behind++; return; }
        if (!Mark(number)) Again++;
        if (number <= Highest) return;
        Highest = number;
        Forget();
    }

    /// <summary>What is missing, ascending.</summary>
    /// <param name="after">only what lies after this number</param>
    public IEnumerable<NumberRange> Gaps(long after = -1)
    {
        var next = Math.Max(From, after + 1);
        foreach (var run in Seen())
        {
            if (run.From > next) yield return new(next, run.From - 1);
            next = Math.Max(next, run.To + 1);
        }
    }

    /// <summary>What is there, from <see cref="From"/> on: ascending, apart from each other.</summary>
    public IEnumerable<NumberRange> Seen()
    {
        NumberRange? before = null;
        foreach (var (index, words) in _blocks)
            foreach (var run in Runs(index << BlockBits, words))
            {
                if (run.To < From) continue;
                var clipped = run with { From = Math.Max(run.From, From) };
                if (before is { } open && open.To + 1 == clipped.From) { before = open with { To = clipped.To }; continue; }
                if (before is { } closed) yield return closed;
                before = clipped;
            }
        if (before is { } last) yield return last;
    }

    /// <summary>All of it as numbers, to be stored: five counts, then of each block its number, and 64 words or none where it is whole.</summary>
    public (IReadOnlyList<long> Counts, IReadOnlyList<(long Index, IReadOnlyList<ulong> Words)> Blocks) Image()
    {
        var blocks = new List<(long, IReadOnlyList<ulong>)>(_blocks.Count);
        foreach (var (index, words) in _blocks) blocks.Add((index, words is null ? [] : (ulong[])words.Clone()));
        return ([Numbered, Again, Behind, First, Highest], blocks);
    }

    public static GapBook Of(IReadOnlyList<long> counts, IReadOnlyList<(long Index, IReadOnlyList<ulong> Words)> blocks)
    {
        var book = new GapBook { Numbered = counts[0], Again = counts[1], Behind = counts[2], First = counts[3], Highest = counts[4] };
        foreach (var (index, words) in blocks) book._blocks[index] = words.Count == 0 ? null : [.. words];
        return book;
    }

    public GapBook Copy()
    {
        var (counts, blocks) = Image();
        return Of(counts, blocks);
    }

    /// <returns>false where it was marked before</returns>
    private bool Mark(long number)
    {
        var index = number >> BlockBits;
        if (!_blocks.TryGetValue(index, out var words)) _blocks[index] = words = new ulong[Words];
        if (words is null) return false;
        var at = (int)(number & ((1 << BlockBits) - 1));
        var bit = 1UL << (at & 63);
        if ((words[at >> 6] & bit) != 0) return false;
        words[at >> 6] |= bit;
        if (words[at >> 6] == ulong.MaxValue && Array.TrueForAll(words, static w => w == ulong.MaxValue)) _blocks[index] = null;
        return true;
    }

    private void Forget()
    {
        var first = From >> BlockBits;
        while (_blocks.Count > 0 && FirstBlock() is var lowest && lowest < first) _blocks.Remove(lowest);
    }

    private long FirstBlock()
    {
        foreach (var index in _blocks.Keys) return index;
        return long.MaxValue;
    }

    private static IEnumerable<NumberRange> Runs(long start, ulong[]? words)
    {
        if (words is null) { yield return new(start, start + (1 << BlockBits) - 1); yield break; }
        for (var w = 0; w < Words; w++)
            for (var (word, at) = (words[w], 0); word != 0;)
            {
                var skip = BitOperations.TrailingZeroCount(word);
                var ones = BitOperations.TrailingZeroCount(~(word >> skip));
                yield return new(start + (w * 64) + at + skip, start + (w * 64) + at + skip + ones - 1);
                at += skip + ones;
                word = at == 64 ? 0 : skip + ones == 64 ? 0 : word >> (skip + ones);
            }
    }
}
