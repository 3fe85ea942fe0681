using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Silo.Local.Rollups;

/// <summary>Sums as bytes: points as key and number, samples as ascending steps, which for times that lie close together are a byte or two each.</summary>
public static class SumBytes
{
    public static byte[] Write(Sums sums)
    {
        using var bytes = new MemoryStream();
        using var w = new BinaryWriter(bytes);
        w.Write7BitEncodedInt(sums.Points.Count);
        foreach (var (key, n) in sums.Points) { Write(w, key); w.Write7BitEncodedInt64(n); }
        w.Write7BitEncodedInt(sums.Samples.Count);
        foreach (var (key, values) in sums.Samples)
        {
            Write(w, key);
            w.Write7BitEncodedInt(values.Count);
            var last = 0L;
            foreach (var value in values) { w.Write7BitEncodedInt64(value - last); last = value; }
        }
        w.Flush();
        return bytes.ToArray();
    }

    /// <summary>Adds what was written to sums; their samples are appended, not sorted.</summary>
    public static void AddTo(Sums sums, byte[] written)
    {
        using var r = new BinaryReader(new MemoryStream(written));
        for (var n = r.Read7BitEncodedInt(); n > 0; n--)
        {
            var key = ReadKey(r);
            sums.Points[key] = sums.Points.GetValueOrDefault(key) + r.Read7BitEncodedInt64();
        }
        for (var n = r.Read7BitEncodedInt(); n > 0; n--)
        {
            var key = ReadKey(r);
            if (!sums.Samples.TryGetValue(key, out var values)) sums.Samples[key] = values = [];
            var last = 0L;
            for (var count = r.Read7BitEncodedInt(); count > 0; count--) values.Add(last += r.Read7BitEncodedInt64());
        }
    }

    private static void Write(BinaryWriter w, MeasureKey key)
    {
        w.Write((byte)key.Measure);
        w.Write(key.Param);
    }

    private static MeasureKey ReadKey(BinaryReader r) => new((Measure)r.ReadByte(), r.ReadString());
}
