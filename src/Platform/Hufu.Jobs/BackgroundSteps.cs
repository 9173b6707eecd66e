using Hufu.Jobs.Mail;
using Hufu.Jobs.Notices;
using Hufu.Jobs.Webhooks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hufu.Jobs;

/// <summary>Repeats a step: at once while there is more, otherwise after a pause; longer and longer pauses while it fails. Its state is on the health page.</summary>
internal abstract partial class BackgroundStep(string name, HufuJobsOptions options, JobHealth health, TimeProvider clock, ILogger logger) : BackgroundService
{
    protected abstract Task<bool> StepAsync(CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = options.StepInterval;
            try
            {
                if (await StepAsync(stoppingToken)) pause = TimeSpan.Zero;
                health.Passed(name, clock.GetUtcNow());
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                var failures = health.Failed(name, clock.GetUtcNow(), e);
                Failed(logger, name, failures, e);
                pause = TimeSpan.FromSeconds(Math.Min(300, options.StepInterval.TotalSeconds * Math.Pow(2, Math.Min(failures, 10))));
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(220, LogLevel.Error, "The background step {Step} failed {Failures} times in a row")]
    private static partial void Failed(ILogger logger, string step, int failures, Exception e);
}

internal sealed class NoticeStep(NoticeBuilder builder, HufuJobsOptions options, JobHealth health, TimeProvider clock, ILogger<NoticeStep> logger) : BackgroundStep("notices", options, health, clock, logger)
{
    protected override Task<bool> StepAsync(CancellationToken cancellation) => builder.StepAsync(cancellation);
}

internal sealed class MailStep(MailSettings settings, NoticeMailer mailer, MailSender sender, HufuJobsOptions options, JobHealth health, TimeProvider clock, ILogger<MailStep> logger) : BackgroundStep("mail", options, health, clock, logger)
{
    protected override async Task<bool> StepAsync(CancellationToken cancellation)
    {
        await settings.LoadAsync(cancellation);
        var more = await mailer.StepAsync(cancellation);
        return await sender.StepAsync(cancellation) || more;
    }
}

internal sealed class WebhookStep(WebhookPump pump, HufuJobsOptions options, JobHealth health, TimeProvider clock, ILogger<WebhookStep> logger) : BackgroundStep("webhooks", options, health, clock, logger)
{
    protected override Task<bool> StepAsync(CancellationToken cancellation) => pump.StepAsync(cancellation);
}
