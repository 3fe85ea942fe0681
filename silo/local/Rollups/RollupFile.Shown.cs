using System.IO.Compression;

namespace OpsMonitor.Silo.Local.Rollups;

public sealed partial class RollupFile
{
    // A minute's numbers are nearly those of the minute before: an hour of them packed together is little more than one.
    private const int PackedQuality = 5, AloneQuality = 1, WindowBits = 22;

    /// <summary>What each scope showed at an instant.</summary>
    public void Show(long at, IReadOnlyList<(string Scope, byte[] Numbers)> shown)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            using var insert = Command("INSERT OR IGNORE INTO shown VALUES ($1, $2, 1, $3)", transaction, "", 0L, Array.Empty<byte>());
            foreach (var (scope, numbers) in shown) Execute(insert, scope, at, Packed([(at, numbers)], AloneQuality));
            transaction.Commit();
        }
    }

    public (long At, byte[] Numbers)? Shown(string scope, long at)
    {
        byte[] body;
        lock (_gate)
        {
            using var find = Command("SELECT body FROM shown WHERE scope = $1 AND at <= $2 ORDER BY at DESC LIMIT 1", null, scope, at);
            if (find.ExecuteScalar() is not byte[] found) return null;
            body = found;
        }
        (long, byte[])? newest = null;
        foreach (var record in Unpacked(body))
            if (record.At <= at) newest = record;
        return newest;
    }

    /// <summary>Puts the records of each hour that has ended before an instant into one line. The old lines go in the same transaction.</summary>
    public void Pack(long before)
    {
        List<(string Scope, long Hour)> hours = [];
        lock (_gate)
        {
            using var find = Command($"SELECT scope, at - at % {Hour} FROM shown WHERE minutes = 1 AND at < $1 GROUP BY 1, 2 HAVING count(*) > 1", null, before);
            using var reader = find.ExecuteReader();
            while (reader.Read()) hours.Add((reader.GetString(0), reader.GetInt64(1)));
        }
        foreach (var (scope, hour) in hours)
            lock (_gate)
            {
                List<(long, byte[])> records = [];
                using (var read = Command("SELECT body FROM shown WHERE scope = $1 AND at >= $2 AND at < $3 ORDER BY at", null, scope, hour, hour + Hour))
                using (var reader = read.ExecuteReader())
                    while (reader.Read()) records.AddRange(Unpacked(reader.GetFieldValue<byte[]>(0)));
                using var transaction = _connection.BeginTransaction();
                using var drop = Command("DELETE FROM shown WHERE scope = $1 AND at >= $2 AND at < $3", transaction, scope, hour, hour + Hour);
                drop.ExecuteNonQuery();
                using var insert = Command("INSERT INTO shown VALUES ($1, $2, $3, $4)", transaction, scope, records[0].Item1, (long)records.Count, Packed(records, PackedQuality));
                insert.ExecuteNonQuery();
                transaction.Commit();
            }
    }

    private static byte[] Packed(IReadOnlyList<(long At, byte[] Numbers)> records, int quality)
    {
        using var plain = new MemoryStream();
        using (var w = new BinaryWriter(plain, System.Text.Encoding.UTF8, leaveOpen: true))
            foreach (var (at, numbers) in records)
            {
                w.Write(at);
                w.Write(numbers.Length);
                w.Write(numbers);
            }
        var (bytes, packed) = (plain.ToArray(), new byte[BrotliEncoder.GetMaxCompressedLength((int)plain.Length) + sizeof(int)]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(packed, bytes.Length);
        if (!BrotliEncoder.TryCompress(bytes, packed.AsSpan(sizeof(int)), out var written, quality, WindowBits)) throw new InvalidDataException("a record of what was shown does not compress");
        return packed[..(written + sizeof(int))];
    }

    private static IEnumerable<(long At, byte[] Numbers)> Unpacked(byte[] packed)
    {
        var bytes = new byte[System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(packed)];
        if (!BrotliDecoder.TryDecompress(packed.AsSpan(sizeof(int)), bytes, out var written) || written != bytes.Length) throw new InvalidDataException("a record of what was shown is damaged");
        using var r = new BinaryReader(new MemoryStream(bytes));
        while (r.BaseStream.Position < bytes.Length) yield return (r.ReadInt64(), r.ReadBytes(r.ReadInt32()));
    }
}
