namespace OpsMonitor.Web.Policies;

/// <summary>A line that one text has and the other has not; <see cref="Line"/> from 1, in the text that has it.</summary>
internal readonly record struct ChangedLine(bool Added, int Line, string Text);

/// <summary>What changed between two texts, line by line.</summary>
internal static class LineDiff
{
    // Beyond this the middle is told as gone and come: nobody reads a longest common part of thousands of lines.
    private const long MostCells = 4_000_000;

    public static IReadOnlyList<ChangedLine> Of(string before, string after)
    {
        var (a, b) = (Lines(before), Lines(after));
        var head = 0;
        while (head < a.Length && head < b.Length && a[head] == b[head]) head++;
        var tail = 0;
        while (tail < a.Length - head && tail < b.Length - head && a[^(tail + 1)] == b[^(tail + 1)]) tail++;
        return Middle(a, b, head, a.Length - tail, b.Length - tail);
    }

    private static List<ChangedLine> Middle(string[] a, string[] b, int head, int aEnd, int bEnd)
    {
        var changed = new List<ChangedLine>();
        var common = (long)(aEnd - head) * (bEnd - head) <= MostCells ? Common(a, b, head, aEnd, bEnd) : null;
        for (int i = head, j = head; i < aEnd || j < bEnd;)
        {
            if (common is not null && i < aEnd && j < bEnd && a[i] == b[j]) { i++; j++; }
            else if (i < aEnd && (j == bEnd || common is null || common[i - head + 1, j - head] >= common[i - head, j - head + 1])) changed.Add(new(false, i + 1, a[i++]));
            else changed.Add(new(true, j + 1, b[j++]));
        }
        return changed;
    }

    // How long the longest common part of what follows is, from each pair of places.
    private static int[,] Common(string[] a, string[] b, int head, int aEnd, int bEnd)
    {
        var length = new int[aEnd - head + 1, bEnd - head + 1];
        for (var i = aEnd - head - 1; i >= 0; i--)
            for (var j = bEnd - head - 1; j >= 0; j--)
                length[i, j] = a[head + i] == b[head + j] ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);
        return length;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
