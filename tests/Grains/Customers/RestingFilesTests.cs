using OpsMonitor.Grains.Customers;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>Files at rest against a plain table of them: put, put again, taken away, written to the shelf at any time, begun again from an image.</summary>
public sealed class RestingFilesTests
{
    [Theory]
    [InlineData(1, 3, 300)]
    [InlineData(2, 40, 2_000)]
    [InlineData(3, 0, 100)]
    public void What_was_put_last_is_found_however_it_was_written(int seed, int gathered, int runBytes)
    {
        using var shelf = new ScratchShelf(Directory.CreateTempSubdirectory("opsmonitor-files-").FullName, Assert.Fail, 64 * 1024);
        var (random, plain) = (new Random(seed), new SortedDictionary<string, byte[]>(StringComparer.Ordinal));
        var files = new RestingFiles(shelf, gathered, runBytes);
        for (var i = 0; i < 6_000; i++)
        {
            var customer = $"客-{random.Next(900)}";
            var file = new byte[random.Next(8) == 0 ? 0 : 1 + random.Next(80)];
            random.NextBytes(file);
            files.Put(customer, plain[customer] = file);
            if (random.Next(3) == 0) files.Write(1 + random.Next(3));
            if (i % 500 == 250) files = Again(files, new(shelf, gathered, runBytes));
            var asked = $"客-{random.Next(950)}";
            Assert.Equal(plain.GetValueOrDefault(asked) is { Length: > 0 } known ? known : null, files.Find(asked));
            if (i % 500 == 0) Same(plain, files);
        }
        files.Write(10_000);
        Same(plain, files);
        Assert.InRange(files.Image().Coming.Count, 0, gathered);
        Assert.True(files.Image().Shelved.Count > plain.Values.Sum(f => f.Length) / (3 * runBytes), "the runs grew and were not parted");
    }

    private static void Same(SortedDictionary<string, byte[]> plain, RestingFiles files) => Assert.Equal(
        plain.Where(p => p.Value.Length > 0).Select(p => $"{p.Key} {Convert.ToHexString(p.Value)}"),
        files.All().Select(f => $"{f.Key} {Convert.ToHexString(f.Value)}").Order(StringComparer.Ordinal));

    private static RestingFiles Again(RestingFiles files, RestingFiles fresh)
    {
        fresh.Resume(files.Image());
        return fresh;
    }
}
