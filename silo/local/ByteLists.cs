namespace OpsMonitor.Silo.Local;

/// <summary>A list among bytes: how many, then each.</summary>
internal static class ByteLists
{
    public static void Many<T>(this BinaryWriter w, IReadOnlyList<T> all, Action<T> one)
    {
        w.Write7BitEncodedInt(all.Count);
        foreach (var item in all) one(item);
    }

    public static T[] Many<T>(this BinaryReader r, Func<T> one)
    {
        var all = new T[r.Read7BitEncodedInt()];
        for (var i = 0; i < all.Length; i++) all[i] = one();
        return all;
    }
}
