"""The table of commands."""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0005_devices'),
        ('records', '0003_counted'),
    ]

    operations = [
        migrations.CreateModel(
            name='Command',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='records.entry')),
                ('order', models.CharField(max_length=26, unique=True)),
                ('key', models.CharField(blank=True, max_length=64)),
                ('number', models.PositiveIntegerField()),
                ('signal', models.CharField(max_length=250)),
                ('machine', models.CharField(max_length=200)),
                ('site', models.CharField(max_length=60)),
                ('connection', models.CharField(max_length=60)),
                ('connection_revision', models.PositiveIntegerField(default=0)),
                ('kind', models.PositiveSmallIntegerField(default=1)),
                ('unit', models.CharField(blank=True, max_length=40)),
                ('tolerance', models.FloatField(default=0.0)),
                ('old', models.CharField(blank=True, max_length=200)),
                ('old_at', models.DateTimeField(blank=True, null=True)),
                ('wanted', models.CharField(max_length=200)),
                ('read_back', models.CharField(blank=True, max_length=200)),
                ('reason', models.TextField(max_length=1000)),
                ('requested_by', models.CharField(blank=True, max_length=200)),
                ('second_person', models.BooleanField(default=False)),
                ('expires_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.TextField(blank=True)),
                ('outcome_code', models.CharField(blank=True, max_length=60)),
                ('open', models.BooleanField(default=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.organisation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('open', True)), fields=['expires_at'], name='command_open'), models.Index(fields=['organisation', 'number', 'entry'], name='command_of_signal'), models.Index(fields=['signal', 'entry'], name='command_by_signal')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('organisation', 'key'), name='command_key_once')],
            },
        ),
    ]
