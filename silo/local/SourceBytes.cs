using OpsMonitor.Grains.Sources;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local;

/// <summary>What is known of a source as bytes, for snapshots.</summary>
internal static class SourceBytes
{
    public static void Write(BinaryWriter w, SourceStats s)
    {
        foreach (var n in new[] { s.LastSeen, s.LastEventAt, s.Accepted, s.Duplicates, s.Unknown, s.Refused, s.Reordered, s.Late }) w.Write(n);
        var (counts, blocks) = s.Numbers.Image();
        foreach (var n in counts) w.Write(n);
        w.Write(blocks.Count);
        foreach (var (index, words) in blocks)
        {
            w.Write(index);
            w.Write((byte)words.Count);
            foreach (var word in words) w.Write(word);
        }
        var (hour, last, now, before) = s.Lag.Image();
        w.Write(hour);
        w.Write(last);
        Cells(w, now);
        Cells(w, before);
    }

    public static SourceStats Read(BinaryReader r)
    {
        var n = Longs(r, 8);
        var (counts, blocks) = (Longs(r, 5), new List<(long, IReadOnlyList<ulong>)>());
        for (var left = r.ReadInt32(); left > 0; left--)
        {
            var (index, words) = (r.ReadInt64(), new ulong[r.ReadByte()]);
            for (var i = 0; i < words.Length; i++) words[i] = r.ReadUInt64();
            blocks.Add((index, words));
        }
        var (hour, last) = (r.ReadInt64(), r.ReadInt64());
        var lag = LagBook.Of(hour, last, Cells(r), Cells(r));
        return new(n[0], n[1], n[2], n[3], n[4], n[5], n[6]) { Late = n[7], Numbers = GapBook.Of(counts, blocks), Lag = lag };
    }

    private static void Cells(BinaryWriter w, IReadOnlyList<KeyValuePair<int, long>> cells)
    {
        w.Write(cells.Count);
        foreach (var (cell, n) in cells) { w.Write(cell); w.Write(n); }
    }

    private static List<KeyValuePair<int, long>> Cells(BinaryReader r)
    {
        var cells = new List<KeyValuePair<int, long>>();
        for (var left = r.ReadInt32(); left > 0; left--) cells.Add(new(r.ReadInt32(), r.ReadInt64()));
        return cells;
    }

    private static long[] Longs(BinaryReader r, int count)
    {
        var all = new long[count];
        for (var i = 0; i < count; i++) all[i] = r.ReadInt64();
        return all;
    }
}
